import type { Ctx } from '../core/context.ts'
import { readTextIfExists } from '../platform/files.ts'
import { homePaths } from '../platform/paths.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { listDifference } from '../python/list-difference.ts'
import { parsePylock } from '../python/pylock.ts'
import { readVenv } from '../python/venv-state.ts'

/** What a venv holds, as `name==version`; nothing when there is none. */
export function packageLines(venvDir: string): string[] {
  const venv = readVenv(venvDir)
  if (venv === null) return []
  return installedPackages(venv.sitePackages).map(({ name, version }) => `${name}==${version}`)
}

/**
 * Tell that somebody installed or removed packages while ComfyUI ran.
 * @returns false when nobody did
 */
export function tellChangedPackages(
  ctx: Ctx,
  before: readonly string[],
  now: readonly string[],
): boolean {
  const changes = listDifference(before, now)
  if (changes === '') return false
  ctx.emit({ type: 'warning', code: 'VENV_CHANGED', params: { changes } })
  return true
}

/** The same of a home whose venv is not as the last realize left it; its own lock says what was there. */
export function tellChangedVenv(ctx: Ctx, home: string): void {
  const at = homePaths(home)
  const lock = readTextIfExists(at.pylock)
  if (lock === null) return // offline, something less than the lock was installed
  const now = packageLines(at.venv)
  const versions = new Map(now.map((line) => [line.split('==', 1)[0], line]))
  const locked = parsePylock(lock, at.pylock).map(({ name, version, commit }) => {
    const isPlain = version !== null && commit === null
    return isPlain ? `${name}==${version}` : (versions.get(name) ?? name)
  })
  tellChangedPackages(ctx, locked, now)
}
