import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { writeAtomic } from '../../platform/files.ts'
import { compileTree } from '../../python/bytecode.ts'
import { minorOf } from '../../python/pylock.ts'
import { addBytecode } from '../../python/wheel-bytecode.ts'
import type { RealizeJob } from '../job.ts'
import { warmNumba } from './numba.ts'
import { requireVenv } from './packages.ts'

/**
 * Bytecode for the venv's packages, and what numba would compile at their first import; or once per
 * Python for a checkout. True when it was there.
 */
export async function compileBytecode(ctx: Ctx, job: RealizeJob, dir: string): Promise<boolean> {
  const venv = requireVenv(job)
  if (dir === venv.dir) {
    await addBytecode(ctx, venv)
    await warmNumba(ctx, job, venv)
    return false
  }
  const mark = compiledMark(dir, venv.version)
  if (existsSync(mark)) return true
  await compileTree(ctx, venv.python, dir)
  writeAtomic(mark, '')
  return false
}

/** Beside a checkout: it has bytecode for this Python. */
export function compiledMark(checkout: string, pythonVersion: string): string {
  return `${checkout}.python-${minorOf(pythonVersion)}.compiled`
}

/** Its bytecode went with the old tree. */
export function dropCompiledMarks(checkout: string): void {
  const prefix = `${basename(checkout)}.python-`
  for (const name of readdirSync(dirname(checkout)))
    if (name.startsWith(prefix)) rmSync(join(dirname(checkout), name))
}
