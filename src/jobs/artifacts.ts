import { realpathSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { isWithin } from '../platform/paths.ts'
import { statIfExists } from '../platform/files.ts'
import type { HistoryEntry } from '../comfy/history.ts'
import { isObject, textAt, type JsonObject } from '../comfy/json.ts'
import type { WorkFolders } from '../comfy/launch.ts'
import { mimeOf } from '../outputs/mime.ts'
import type { Artifact, FileArtifact, TextArtifact } from '../outputs/types.ts'

/** Keys under which nodes show text; strings under other keys are names and settings. */
const TEXT_KEYS = new Set(['text', 'texts', 'string', 'strings'])

/**
 * Every output of a finished prompt as an artifact of its own, in the order of the history.
 * What ComfyUI and its packs say about paths is not trusted: a file must really lie in the folder
 * of its type (R124).
 * @throws PATH_UNSAFE, JOB_ARTIFACT_MISSING
 */
export function collectArtifacts(entry: HistoryEntry, folders: WorkFolders): Artifact[] {
  const seen = new Set<string>()
  return entry.outputs.flatMap(([nodeId, output]) =>
    Object.entries(output).flatMap(([key, items]) =>
      (Array.isArray(items) ? items : [])
        .flatMap((item: unknown, index) => toArtifact(nodeId, key, item, index, folders))
        .filter((artifact) => artifact.kind === 'text' || addNew(seen, artifact.path)),
    ),
  )
}

/** A node may show one file under two keys, as VideoHelperSuite does. */
function addNew(seen: Set<string>, path: string): boolean {
  if (seen.has(path)) return false
  seen.add(path)
  return true
}

function toArtifact(
  nodeId: string,
  key: string,
  item: unknown,
  index: number,
  folders: WorkFolders,
): Artifact[] {
  if (typeof item === 'string') return TEXT_KEYS.has(key) ? [toText(nodeId, key, item, index)] : []
  return isObject(item) ? toFile(nodeId, key, item, folders) : []
}

function toText(nodeId: string, key: string, text: string, index: number): TextArtifact {
  const node = nodeId.replaceAll(/[^\w.-]/g, '-')
  return {
    kind: 'text',
    name: `${node}-${key}-${index}.txt`,
    type: 'output',
    nodeId,
    key,
    size: Buffer.byteLength(text),
    mime: 'text/plain',
    text,
  }
}

function toFile(
  nodeId: string,
  key: string,
  item: JsonObject,
  folders: WorkFolders,
): FileArtifact[] {
  const filename = textAt(item, 'filename')
  const type = textAt(item, 'type') ?? 'output'
  if (filename === null || filename === '') return []
  if (type !== 'output' && type !== 'temp' && type !== 'input')
    throw new ComfypinError('PATH_UNSAFE', { path: filename, root: `folder "${type}"` })
  const found = locate(folders[type], textAt(item, 'subfolder') ?? '', filename)
  if (found === null) {
    if (type !== 'output') return [] // previews are ComfyUI's to delete
    throw new ComfypinError('JOB_ARTIFACT_MISSING', { node: nodeId, name: filename })
  }
  const name = basename(filename)
  return [{ kind: 'file', name, type, nodeId, key, mime: mimeOf(name), ...found }]
}

/** The real file, or null when it is not there. Links inside the folder may not lead out of it. */
function locate(
  folder: string,
  subfolder: string,
  filename: string,
): { path: string; size: number } | null {
  const unsafe = () =>
    new ComfypinError('PATH_UNSAFE', { path: [subfolder, filename].join('/'), root: folder })
  const named = resolve(folder, subfolder, filename)
  if (named.includes('\0') || !isWithin(folder, named)) throw unsafe()
  const stats = statIfExists(named)
  if (stats === null) return null
  const path = realpathSync(named)
  if (!isWithin(realpathSync(folder), path) || !stats.isFile()) throw unsafe()
  return { path, size: stats.size }
}
