import { tablesOf } from '../python/pylock.ts'
import type { Lock } from '../resolve/types.ts'

/** A snapshot as ComfyUI-Manager saves and restores it (formats.md D6). */
export interface ManagerDocument {
  comfyui: string | null
  git_custom_nodes: Record<string, { hash: string; disabled: boolean }>
  cnr_custom_nodes: Record<string, string>
  file_custom_nodes: []
  pips: Record<string, string>
}

/** @param pylock text of the Python lock; null: no packages */
export function managerDocument(lock: Lock, pylock: string | null): ManagerDocument {
  const packs = lock.custom_nodes
  const git = packs.flatMap(({ repo, commit }) =>
    repo === null || commit === null ? [] : [[repo, { hash: commit, disabled: false }] as const],
  )
  const cnr = packs.flatMap(({ registry }) =>
    registry === null ? [] : [[registry.id, registry.version ?? 'nightly'] as const],
  )
  return {
    comfyui: lock.comfy.commit,
    git_custom_nodes: Object.fromEntries(git),
    cnr_custom_nodes: Object.fromEntries(cnr),
    file_custom_nodes: [],
    pips: Object.fromEntries(pylock === null ? [] : tablesOf(pylock).flatMap(pipOf)),
  }
}

/** `name==version` with an empty value, or a name with its address. */
function pipOf(table: string): [string, string][] {
  const name = /^name = "([^"]+)"$/m.exec(table)?.[1]
  if (name === undefined) return []
  const [, url, commit] =
    /^vcs = \{.*?\burl = "([^"]+)".*?\bcommit-id = "([^"]+)"/m.exec(table) ?? []
  if (url !== undefined) return [[name, `git+${url}@${commit}`]]
  const version = /^version = "([^"]+)"$/m.exec(table)?.[1]
  if (version !== undefined) return [[`${name}==${version}`, '']]
  const archive = /^archive = \{.*?\burl = "([^"]+)"/m.exec(table)?.[1]
  return archive === undefined ? [] : [[name, archive]]
}
