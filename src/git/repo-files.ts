import { join, resolve } from 'node:path'
import { entriesBelow, namesOrNone, readSmallText } from '../platform/small-files.ts'
import { parseGitConfig, remoteOf } from './git-config.ts'

/** A repository as its files tell it: no git is run, nothing in it can run anything. */
export interface RepoFiles {
  gitDir: string
  /** Where objects and refs are; another than `gitDir` in a linked worktree. */
  commonDir: string
  /** 40-hex; null for an empty repository, a broken one, or one with other hashes. */
  commit: string | null
  branch: string | null
  remote: { name: string; url: string } | null
  /** Full name → commit or tag object, packed and loose. */
  refs: ReadonlyMap<string, string>
}

const MAX_BYTES = 32 * 2 ** 20

/** What `.git` of a folder says; null when there is none. */
export function readRepoFiles(dir: string): RepoFiles | null {
  const gitDir = findGitDir(dir)
  if (gitDir === null) return null
  const shared = readSmallText(join(gitDir, 'commondir'), MAX_BYTES)?.trim()
  const commonDir = shared ? resolve(gitDir, shared) : gitDir
  const refs = readRefs(commonDir)
  const head = readSmallText(join(gitDir, 'HEAD'), MAX_BYTES)?.trim() ?? ''
  const target = /^ref: (refs\/.+)$/.exec(head)?.[1] ?? null
  const branch = target?.startsWith('refs/heads/') ? target.slice('refs/heads/'.length) : null
  const config = parseGitConfig(readSmallText(join(commonDir, 'config'), MAX_BYTES) ?? '')
  return {
    gitDir,
    commonDir,
    commit: commitOf(target === null ? head : (refs.get(target) ?? '')),
    branch,
    remote: remoteOf(config, branch),
    refs,
  }
}

/** A folder, or a file that names one: submodules and linked worktrees. */
function findGitDir(dir: string): string | null {
  const path = join(dir, '.git')
  if (namesOrNone(path).includes('HEAD')) return path
  const target = /^gitdir: (.+)$/m.exec(readSmallText(path, MAX_BYTES) ?? '')?.[1]
  return target === undefined ? null : resolve(dir, target.trim())
}

function readRefs(commonDir: string): Map<string, string> {
  const refs = new Map<string, string>()
  const packed = readSmallText(join(commonDir, 'packed-refs'), MAX_BYTES) ?? ''
  for (const line of packed.split('\n')) {
    const [, id, name] = /^([0-9a-f]{40}) (refs\/\S+)$/.exec(line) ?? []
    if (id !== undefined && name !== undefined) refs.set(name, id)
  }
  for (const name of looseRefs(commonDir)) {
    const id = commitOf(readSmallText(join(commonDir, name), MAX_BYTES)?.trim() ?? '')
    if (id !== null) refs.set(name, id)
  }
  return refs
}

/** Only names that git would write; links are not followed. */
function looseRefs(commonDir: string): string[] {
  return entriesBelow(join(commonDir, 'refs'))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(commonDir.length + 1))
    .filter((name) => !/[\s~^:?*[\\]|\.\.|\.lock$/.test(name))
}

function commitOf(text: string): string | null {
  return /^[0-9a-f]{40}$/.test(text) ? text : null
}
