import type { Ctx } from '../core/context.ts'
import { readTextIfExists } from '../platform/files.ts'
import { findProcesses } from '../platform/leftovers.ts'
import { homeOf } from '../platform/paths.ts'
import { listVersions } from '../realize/list-versions.ts'
import { finding } from './finding.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'

/** ComfyUI processes of our homes. One without a parent outlived a comfypin that was killed. */
export const checkInstances: Check = { name: 'instances', timeoutMs: 10_000, run }

async function run({ settings }: Ctx, { version }: DoctorOptions): Promise<RawFinding[]> {
  const named = version?.id == null ? [] : [homeOf(settings, version.id)]
  const homes = [...new Set([...listVersions(settings).map(({ home }) => home), ...named])]
  const found = homes.filter((home) => home !== '').flatMap(instancesOf)
  return found.length === 0 ? [finding('INSTANCES_NONE', {})] : found
}

function instancesOf(home: string): RawFinding[] {
  // new cores are told their home, old ones run from a tree inside it
  const isOfHome = (argument: string) => argument === home || argument === `${home}/core/main.py`
  return findProcesses(
    (args) => args.some((arg) => arg.endsWith('/main.py')) && args.some(isOfHome),
  ).map((pid) =>
    isOrphan(pid)
      ? finding('INSTANCE_LEFT', { pid, home })
      : finding('INSTANCE_RUNS', { pid, home }),
  )
}

/** Whoever loses its parent gets the first process, which in a container may be comfypin itself. */
function isOrphan(pid: number): boolean {
  const stat = readTextIfExists(`/proc/${pid}/stat`) ?? ''
  const parent = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(1)
  return parent === '1' && !/comfypin/.test(readTextIfExists('/proc/1/cmdline') ?? '')
}
