import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { writeAtomic } from '../platform/files.ts'
import { readJson } from '../platform/read-json.ts'
import { placeKey, recordName, sourceKey } from './record-name.ts'
import { sourceAddress } from './sources/index.ts'
import { indexDir, namesIn } from './store-layout.ts'

const recordSchema = z.object({
  /** Canonical address; hashed, it is the key. */
  source: z.string(),
  /** Relative to the model store, with forward slashes. */
  path: z.string(),
  /** Bytes. */
  size: z.int().nonnegative(),
  etag: z.string().nullable(),
  /** Hex, when it was verified. */
  sha256: z.string().nullable(),
})

/** `MODELS_DIR/.comfypin/sources/<key>-<place>.json`: where the bytes of one source are. */
export type SourceRecord = Readonly<z.infer<typeof recordSchema>>

/** The index as it was when it was listed; records are opened on demand. */
export interface StoreIndex {
  /** Where a source was put, or null: it was never here. Its bytes may be gone since. */
  recordOf(key: string): SourceRecord | null
  /** Whose bytes were put at a path relative to the store. */
  recordAt(path: string): SourceRecord | null
}

/** One listing of the index of a model store. */
export function readIndex(modelsDir: string): StoreIndex {
  const dir = indexDir(modelsDir)
  const byKey = new Map<string, string>()
  const byPlace = new Map<string, string>()
  for (const name of namesIn(dir)) {
    const [, key, place] = /^([0-9a-f]{64})-([0-9a-f]{16})\.json$/.exec(name) ?? []
    if (key === undefined || place === undefined) continue
    byKey.set(key, name)
    byPlace.set(place, name)
  }
  const load = (name: string | undefined) => (name === undefined ? null : loadRecord(dir, name))
  return {
    recordOf: (key) => load(byKey.get(key)),
    recordAt: (path) => load(byPlace.get(placeKey(path))),
  }
}

/** Every record of a store; their files may be gone since. */
export function readRecords(modelsDir: string): SourceRecord[] {
  const dir = indexDir(modelsDir)
  return namesIn(dir).flatMap((name) => loadRecord(dir, name) ?? [])
}

/** The record of a source as a lock writes it, or null. For many sources list the index once. */
export function readRecord(modelsDir: string, source: string): SourceRecord | null {
  const { canonical } = sourceAddress(source, '/')
  return readIndex(modelsDir).recordOf(sourceKey(canonical))
}

/**
 * Record that a source's bytes are at a path. Older records of the same source, and of a source
 * whose file at that path is gone, end here: two sources never share a target.
 * @throws DISK_WRITE
 */
export function writeRecord(modelsDir: string, record: SourceRecord): void {
  const dir = indexDir(modelsDir)
  const key = sourceKey(record.source)
  const name = recordName(key, record.path)
  writeAtomic(join(dir, name), `${JSON.stringify(record, null, 2)}\n`)
  const isOutdated = (other: string) =>
    other.startsWith(`${key}-`) || other.endsWith(`-${placeKey(record.path)}.json`)
  for (const other of namesIn(dir))
    if (other !== name && isOutdated(other)) rmSync(join(dir, other), { force: true })
}

/** null for a damaged or renamed record: the file it spoke of is then looked at anew. */
function loadRecord(dir: string, name: string): SourceRecord | null {
  const record = readJson(join(dir, name), recordSchema)
  if (record === null) return null
  return recordName(sourceKey(record.source), record.path) === name ? record : null
}
