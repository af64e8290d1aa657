import { readTextIfExists, writeAtomic } from '../platform/files.ts'

/** What the import check learned of one checkout; beside it in the cache, for all versions. */
export interface PackRecord {
  schema: 1
  ok: boolean
  /** Why it does not import, in the words of ComfyUI's log. */
  reason: string | null
  nodes: string[]
  seconds: number
  /** Files that it wrote into its own folder while it was imported. */
  writes: string[]
  /** Files that it wrote into the folder of the core; absent: none. */
  core_writes?: string[]
  /** Core commit and Python packages of the check: a failure is looked at again when they differ. */
  context: string
}

export function readPackRecord(path: string): PackRecord | null {
  const text = readTextIfExists(path)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isPackRecord(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null // a record can always be made again
    throw error
  }
}

export function writePackRecord(path: string, record: PackRecord): void {
  writeAtomic(path, `${JSON.stringify(record, null, 1)}\n`)
}

/**
 * A good import holds in every version; a failed one only where core and packages are the same.
 * @param context null: they are about to change
 */
export function isRecordValid(record: PackRecord | null, context: string | null): boolean {
  return record !== null && (record.ok || record.context === context)
}

function isPackRecord(value: unknown): value is PackRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'schema' in value &&
    value.schema === 1 &&
    'writes' in value &&
    Array.isArray(value.writes)
  )
}
