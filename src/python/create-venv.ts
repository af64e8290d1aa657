import { renameSync, rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { copyInterpreter } from './copy-interpreter.ts'
import { asDiskWrite, randomName, statIfExists } from '../platform/files.ts'
import { runUv } from './run-uv.ts'
import type { PythonInterpreter, Uv } from './types.ts'
import { diskFailure, reasonOfUv } from './uv-failure.ts'
import { readVenv, type Venv } from './venv-state.ts'

export interface VenvRequest {
  dir: string
  python: PythonInterpreter
  /** Copy the interpreter's program; default: link it. */
  copies?: boolean
}

/**
 * Make an empty venv at `dir`, without pip: packs that call pip at import shall fail, not change it.
 * It is relocatable, because a volume may be mounted elsewhere next time. Whatever was at `dir` is moved away first and removed last.
 * @throws PYTHON_NOT_FOUND · DISK_WRITE
 */
export async function createVenv(
  ctx: Ctx,
  uv: Uv,
  { dir, python, copies = false }: VenvRequest,
): Promise<Venv> {
  const staged = `${dir}.${randomName()}.tmp`
  const args = ['venv', '--no-project', '--relocatable', '--prompt', basename(dirname(dir))]
  const result = await runUv(ctx, uv, [...args, '--python', python.path, '--', staged], {
    offline: true,
  })
  if (result.exitCode !== 0) {
    rmSync(staged, { recursive: true, force: true })
    const reason = reasonOfUv(result.stderr)
    throw (
      diskFailure(result.stderr, dir) ??
      new ComfypinError('PYTHON_NOT_FOUND', { python: python.path, reason })
    )
  }
  if (copies) await copyInterpreter(ctx, staged)
  replace(staged, dir)
  const venv = readVenv(dir)
  if (venv !== null) return venv
  throw new ComfypinError('PYTHON_NOT_FOUND', { python: python.path, reason: 'its venv is broken' })
}

function replace(staged: string, dir: string): void {
  const old = `${dir}.${randomName()}.old`
  asDiskWrite(dir, () => {
    const exists = statIfExists(dir) !== null
    if (exists) renameSync(dir, old)
    renameSync(staged, dir)
    if (exists) rmSync(old, { recursive: true, force: true })
  })
}
