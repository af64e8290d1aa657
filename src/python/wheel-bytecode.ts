import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { exec } from '../platform/exec.ts'
import { writeAtomic } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { bytecodeKey, fillFromStore, saveToStore } from './bytecode-store.ts'
import { installedPackages } from './installed-packages.ts'
import { bytecodeMarker, identityOf, pendingBytecode } from './pending-bytecode.ts'
import { minorOf } from './pylock.ts'
import type { Venv } from './venv-state.ts'
import { wheelModules, type WheelModule } from './wheel-modules.ts'

export interface BytecodeReport {
  /** Packages whose bytecode came from the store. */
  reused: number
  /** Packages that were compiled. */
  compiled: number
}

/**
 * Give every package of a venv its bytecode. It depends on the wheel and the interpreter alone, so
 * it is compiled once and hard-linked ever after (15,009 files in 0.14 s instead of 20 s).
 * A second call finds its marker and does nothing.
 * @throws DISK_WRITE
 */
export async function addBytecode(ctx: Ctx, venv: Venv): Promise<BytecodeReport> {
  const pending = pendingBytecode(venv)
  if (pending.length === 0) return { reused: 0, compiled: 0 }
  const cacheTag = cacheTagOf(venv)
  const store = join(cachePaths(ctx.settings.cacheRoot).bytecode, cacheTag)
  const place = { store, cacheTag, sitePackages: venv.sitePackages }
  const wheels = pending.map(({ distInfo }) => {
    const modules = wheelModules(distInfo)
    return { modules, key: bytecodeKey(modules) }
  })
  const missing = wheels.filter(({ key }) => !fillFromStore(place, key))
  if (
    missing.length > 0 &&
    (await compile(
      ctx,
      venv,
      missing.flatMap(({ modules }) => modules),
    ))
  )
    for (const { key, modules } of missing) saveToStore(place, key, modules)
  const identities = installedPackages(venv.sitePackages).map(identityOf)
  writeAtomic(bytecodeMarker(venv), identities.join('\n'))
  return { reused: wheels.length - missing.length, compiled: missing.length }
}

/** `sys.implementation.cache_tag`; where it differs, nothing is found and nothing is stored. */
function cacheTagOf({ version }: Venv): string {
  return `cpython-${minorOf(version).replace('.', '')}`
}

/**
 * One Python with a worker per core, because `compileall` takes a list of files one by one.
 * A file that does not compile is skipped. False when the interpreter itself broke down.
 */
async function compile(ctx: Ctx, venv: Venv, modules: readonly WheelModule[]): Promise<boolean> {
  const argv = [venv.python, '-I', '-W', 'ignore', '-c', COMPILE] as const
  const { exitCode } = await exec(ctx, argv, {
    cwd: venv.sitePackages,
    input: JSON.stringify(modules.map(({ path }) => path)),
  })
  return exitCode === 0
}

// `force`: without it, compile_file takes another file of the same second for the same file.
// PYTHONDONTWRITEBYTECODE has no effect on it.
const COMPILE = `
import json, sys
from compileall import compile_file
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from py_compile import PycInvalidationMode
if __name__ == '__main__':
    mode = PycInvalidationMode.TIMESTAMP
    work = partial(compile_file, force=True, quiet=2, invalidation_mode=mode)
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(work, json.load(sys.stdin), chunksize=32):
            pass
`
