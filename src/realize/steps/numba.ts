import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { exec } from '../../platform/exec.ts'
import { readTextIfExists, writeAtomic } from '../../platform/files.ts'
import type { HomePaths } from '../../platform/paths.ts'
import { installedPackages } from '../../python/installed-packages.ts'
import { readVenv, type Venv } from '../../python/venv-state.ts'
import type { RealizeJob } from '../job.ts'

/** Packages that compile with numba while they are imported, and the module to import (packs.md §3). */
const COMPILE_AT_IMPORT: Readonly<Record<string, string>> = { pymatting: 'pymatting' }

/** Where `comfy/launch.ts` lets numba keep machine code: keyed by the path of the venv, so one per home. */
export function numbaCache({ var: own }: HomePaths): string {
  return join(own, 'numba')
}

/**
 * Let numba compile once what it would compile at the first start (31 s for pymatting, 52 packs).
 * A package that does not import is tried once; the import check tells why.
 */
export async function warmNumba(ctx: Ctx, job: RealizeJob, venv: Venv): Promise<void> {
  if (isNumbaWarm(job)) return
  const dir = numbaCache(job.home)
  mkdirSync(dir, { recursive: true })
  const modules = compiledAtImport(venv).map(({ module }) => module)
  const script = `import ${modules.join(', ')}`
  await exec(ctx, [venv.python, '-I', '-B', '-c', script], {
    cwd: dir,
    env: { NUMBA_CACHE_DIR: job.specEnv['NUMBA_CACHE_DIR'] || dir },
  })
  writeAtomic(warmMark(job), stateOf(venv))
}

/** True too where nothing compiles at import. */
export function isNumbaWarm(job: RealizeJob): boolean {
  const venv = readVenv(job.home.venv)
  if (venv === null || compiledAtImport(venv).length === 0) return true
  return readTextIfExists(warmMark(job)) === stateOf(venv)
}

function warmMark(job: RealizeJob): string {
  return join(numbaCache(job.home), '.comfypin-warm')
}

/** numba looks at the sources' times and its own version. */
function stateOf(venv: Venv): string {
  const found = installedPackages(venv.sitePackages).filter(
    ({ name }) => name === 'numba' || Object.hasOwn(COMPILE_AT_IMPORT, name),
  )
  return [venv.dir, venv.version, ...found.map(({ name, version }) => `${name} ${version}`)]
    .toSorted()
    .join('\n')
}

function compiledAtImport(venv: Venv) {
  return installedPackages(venv.sitePackages).flatMap(({ name }) => {
    const module = Object.hasOwn(COMPILE_AT_IMPORT, name) ? COMPILE_AT_IMPORT[name] : undefined
    return module === undefined ? [] : [{ name, module }]
  })
}
