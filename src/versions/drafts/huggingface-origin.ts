import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readlinkIfExists } from '../../platform/files.ts'
import { entriesBelow, namesOrNone } from '../../platform/small-files.ts'

/**
 * The `hf://` source of a file that lies in, or is a link into, the cache of huggingface_hub:
 * `models--<org>--<repo>/snapshots/<revision>/<path>`, where the path itself leads to a blob.
 */
export function huggingFaceOrigin(path: string): string | null {
  for (const hop of hopsOf(path)) {
    const source = sourceOfSnapshot(hop)
    if (source !== null) return source
  }
  const blob = realpathSync(path)
  const snapshot = snapshotOfBlob(blob)
  return snapshot === null ? null : sourceOfSnapshot(snapshot)
}

const MAX_HOPS = 16

/** A path and what its links lead to, one by one, each also with the links of its folder resolved. */
function* hopsOf(path: string): Generator<string> {
  let at = path
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    yield at
    const real = join(realpathSync(dirname(at)), basename(at))
    if (real !== at) yield real
    const target = readlinkIfExists(real)
    if (target === null) return
    at = resolve(dirname(real), target)
  }
}

const SNAPSHOT = /\/(models|datasets|spaces)--([\w.-]+?)--([\w.-]+)\/snapshots\/([^/]+)\/(.+)$/

function sourceOfSnapshot(path: string): string | null {
  const [, type, org, repo, revision, file] = SNAPSHOT.exec(path) ?? []
  if (org === undefined || repo === undefined || file === undefined) return null
  const prefix = type === 'models' ? '' : `${type}/`
  const parts = file.split('/').map(encodeURIComponent).join('/')
  return `hf://${prefix}${org}/${repo}@${encodeURIComponent(revision ?? 'main')}/${parts}`
}

/** A link may lead to the blob itself; one of the snapshots then has the same blob under its name. */
function snapshotOfBlob(blob: string): string | null {
  const [, repo] = /^(.*\/(?:models|datasets|spaces)--[^/]+)\/blobs\/[^/]+$/.exec(blob) ?? []
  if (repo === undefined) return null
  const snapshots = join(repo, 'snapshots')
  for (const revision of namesOrNone(snapshots)) {
    const found = entriesBelow(join(snapshots, revision))
      .filter((entry) => entry.isSymbolicLink())
      .map((entry) => join(entry.parentPath, entry.name))
      .find((path) => resolve(dirname(path), readlinkIfExists(path) ?? '') === blob)
    if (found !== undefined) return found
  }
  return null
}
