import { constants, copyFileSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { exec } from '../platform/exec.ts'
import { asDiskWrite, randomName, readlinkIfExists } from '../platform/files.ts'

/**
 * Real files in the place of a venv's links to its interpreter, as `python -m venv --copies` makes
 * them; uv only links. The standard library stays where it is. A program that finds its own libraries
 * by where it lies does not run as a copy: then the links stay, and a warning says so.
 * @throws DISK_WRITE
 */
export async function copyInterpreter(ctx: Ctx, venvDir: string): Promise<void> {
  const bin = join(venvDir, 'bin')
  const python = realpathSync(join(bin, 'python'))
  const trial = join(bin, `.${randomName()}.tmp`)
  try {
    asDiskWrite(trial, () => copyProgram(python, trial))
    const reason = await refusalOf(ctx, trial)
    if (reason === null) asDiskWrite(bin, () => replaceLinks(bin, python))
    else ctx.emit({ type: 'warning', code: 'PYTHON_NOT_COPIED', params: { python, reason } })
  } finally {
    rmSync(trial, { force: true })
  }
}

/** Started where it would be; it must find its library, its modules and the venv around it. */
async function refusalOf(ctx: Ctx, program: string): Promise<string | null> {
  const env = { PYTHONHOME: null, PYTHONPATH: null }
  const result = await exec(
    ctx,
    [program, '-c', 'import sys; sys.exit(sys.prefix == sys.base_prefix)'],
    { env },
  )
  if (result.exitCode === 0) return null
  const status = `exit code ${result.exitCode ?? result.signal}`
  return result.stderr.trim().split('\n').at(-1) || status
}

function replaceLinks(bin: string, python: string): void {
  const links = readdirSync(bin)
    .map((name) => join(bin, name))
    .filter((path) => readlinkIfExists(path) !== null && realpathSync(path) === python)
  for (const path of links) {
    const staged = join(bin, `.${randomName()}.tmp`)
    copyProgram(python, staged)
    renameSync(staged, path)
  }
}

function copyProgram(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE)
}
