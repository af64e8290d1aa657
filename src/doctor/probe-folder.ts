import { access, link, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../core/errors.ts'

/** What a folder allows, tried out. */
export interface FolderProbe {
  symlinks: boolean
  hardLinks: boolean
  /** `A` and `a` are one file. */
  caseless: boolean
  /** Programs in it may be run. */
  executable: boolean
  /** How far the filesystem's clock is from this machine's. */
  clockSkewMs: number
}

/** Work with a folder inside `dir` that is gone afterwards; throws what the filesystem says. */
export async function withProbeFolder<T>(
  dir: string,
  work: (probe: string) => Promise<T>,
): Promise<T> {
  const probe = await mkdtemp(join(dir, '.comfypin-doctor-'))
  try {
    return await work(probe)
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
}

/** Whether it failed because nothing can be written into the folder at all. */
export function isUnwritable(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'mkdtemp'
}

export function probeFolder(dir: string): Promise<FolderProbe> {
  return withProbeFolder(dir, async (probe) => {
    const file = join(probe, 'file')
    await writeFile(file, '', { mode: 0o755 })
    const written = (await stat(file)).mtimeMs
    return {
      symlinks: await succeeds(() => symlink(file, join(probe, 'symlink'))),
      hardLinks: await succeeds(() => link(file, join(probe, 'hard-link'))),
      caseless: await succeeds(() => access(join(probe, 'FILE'))),
      executable: await succeeds(() => access(file, constants.X_OK)),
      clockSkewMs: Math.abs(Date.now() - written),
    }
  })
}

/** Whether a file of one folder can be linked into another: the same filesystem, the same mount. */
export function canLinkAcross(from: string, to: string): Promise<boolean> {
  return withProbeFolder(from, (source) =>
    withProbeFolder(to, async (target) => {
      const file = join(source, 'file')
      await writeFile(file, '')
      return succeeds(() => link(file, join(target, 'file')))
    }),
  )
}

async function succeeds(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt()
    return true
  } catch (error) {
    if (systemCode(error) === null) throw error
    return false
  }
}
