import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { reasonOf, systemCode } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { readTextIfExists } from '../platform/files.ts'
import { compareReleases } from '../python/package-names.ts'
import { readVenv } from '../python/venv-state.ts'
import { finding } from './finding.ts'
import type { RawFinding } from './types.ts'

/**
 * Whether a venv fits this machine: it may lie on a volume and have been made in another image
 * (R137). Its interpreter must be here in the version that it was made with, and the C library must
 * be as new as the newest wheel in it asks for.
 */
export async function lookAtVenv(ctx: Ctx, dir: string): Promise<RawFinding[]> {
  if (readTextIfExists(join(dir, 'pyvenv.cfg')) === null) return []
  const venv = readVenv(dir)
  if (venv === null) return [finding('VENV_NO_PYTHON', { path: dir })]
  const here = await describe(ctx, venv.python)
  if ('reason' in here) return [finding('VENV_BROKEN', { path: dir, reason: here.reason })]
  const { version, glibc } = here
  if (version !== venv.version)
    return [finding('VENV_OTHER_PYTHON', { path: dir, made: venv.version, version })]
  const needed = await newestGlibc(venv.sitePackages)
  if (glibc !== '' && needed !== null && compareReleases(needed, glibc) > 0)
    return [finding('VENV_OLD_GLIBC', { path: dir, needed, glibc })]
  return [finding('VENV_OK', { path: dir, version })]
}

const DESCRIBE = 'import platform; print(platform.python_version(), platform.libc_ver()[1])'

async function describe(
  ctx: Ctx,
  python: string,
): Promise<{ version: string; glibc: string } | { reason: string }> {
  try {
    const { exitCode, stdout, stderr } = await exec(ctx, [python, '-I', '-c', DESCRIBE])
    const [version = '', glibc = ''] = stdout.trim().split(' ')
    if (exitCode === 0 && version !== '') return { version, glibc }
    return { reason: stderr.trim().split('\n').at(-1) ?? `exit code ${exitCode}` }
  } catch (error) {
    if (systemCode(error) === null) throw error
    return { reason: reasonOf(error) }
  }
}

/** `manylinux_2_28` of a wheel's tags means glibc 2.28. */
async function newestGlibc(sitePackages: string): Promise<string | null> {
  const names = (await readdir(sitePackages)).filter((name) => name.endsWith('.dist-info'))
  const needs = await Promise.all(names.map((name) => glibcOf(join(sitePackages, name, 'WHEEL'))))
  return needs
    .flat()
    .reduce<string | null>(
      (most, one) => (most === null || compareReleases(one, most) > 0 ? one : most),
      null,
    )
}

/** The lowest of one wheel's tags is enough for it. */
async function glibcOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === null) throw error
    return ''
  })
  const versions = [...text.matchAll(/manylinux_(\d+)_(\d+)_/g)].map(
    ([, major, minor]) => `${major}.${minor}`,
  )
  if (/manylinux(?:1|2010|2014)_/.test(text)) return []
  const [lowest] = versions.toSorted(compareReleases)
  return lowest === undefined ? [] : [lowest]
}
