import { createHash } from 'node:crypto'
import { readTextIfExists } from '../platform/files.ts'
import { pylockFits } from '../python/pylock.ts'
import type { AppliedOverride } from '../python/types.ts'
import { pythonInputs, type RealizeJob } from './job.ts'

/**
 * The Python lock of a version starts with a comment that says what it was made from, so that
 * nothing has to be resolved to see that it still holds.
 */
export function lockHeader(job: RealizeJob, twins: readonly AppliedOverride[]): string {
  return [
    inputsLine(job),
    ...twins.map(({ kept, removed }) => `${TWINS}${kept} <- ${removed.join(', ')}\n`),
  ].join('')
}

function inputsLine(job: RealizeJob): string {
  return `# comfypin inputs ${pythonInputs(job)}\n`
}

const TWINS = '# comfypin twins '

/** Packages that a Python lock reduced to one, for the plan. */
export function twinsOf(text: string): AppliedOverride[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(TWINS))
    .map((line) => {
      const [kept = '', removed = ''] = line.slice(TWINS.length).split(' <- ')
      return { kept, removed: removed.split(', ') }
    })
}

/**
 * The Python lock when it still holds for this machine.
 * @param pythonVersion of the venv; null when there is none yet: any version counts then
 */
export function currentPythonLock(job: RealizeJob, pythonVersion: string | null): string | null {
  const text = readTextIfExists(job.cache.pylock(job.id))
  return text?.startsWith(inputsLine(job)) && pylockFits(text, pythonVersion) ? text : null
}

/** What an import failure depends on besides the pack itself: the core and the exact packages. */
export function checkContext(job: RealizeJob, pythonLock: string): string {
  return createHash('sha256').update(job.core.commit).update(pythonLock).digest('hex')
}
