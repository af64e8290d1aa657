import { existsSync } from 'node:fs'
import { readTextIfExists } from '../platform/files.ts'
import { markerOf } from '../platform/paths.ts'

/** `<home>/.comfypin.json`: who owns the home and what it was made from. Written last (R74, R75, R90). */
export interface Marker {
  schema: 1
  tool: 'comfypin'
  version_id: string
  /** Texts that the home was made from; equal texts mean an equal home. */
  spec: string
  lock: string
  home: string
  models_dir: string
  /** What `COMFY_PYTHON` asked for, and the version that the venv has. */
  python: { request: string | null; version: string }
  core: { dir: string; checkout: string; base_directory: boolean }
  /** The spec's `env` as written. */
  env: Record<string, string>
  packs: MarkerPack[]
  /** Result of the import check per pack; null when it was skipped. */
  check: PackCheck[] | null
  /** Cheap facts that tell whether somebody changed the home since. */
  seal: Seal
}

export interface MarkerPack {
  name: string
  mode: 'link' | 'copy'
  /** The pack's folder in the cache, and what is known of it beside. */
  checkout: string
  record: string
  seal: string
}

export interface PackCheck {
  name: string
  ok: boolean
  nodes: number
  seconds: number
  reason: string | null
}

export interface Seal {
  /** Path → `size:mtimeMs` of generated files and of the venv's site-packages folder. */
  stamps: Record<string, string>
  /**
   * `skipped`: left out on purpose, fine as long as they are not wanted. `partial`: a model, a pack
   * or a Python package was not to be had, a foreign entry hides it, or its target has a variable of the environment;
   * looked for again every time.
   */
  models: 'complete' | 'skipped' | 'partial'
  /** Per model of the lock, its record in the store's index: notices that another source took its place. */
  records: string[]
  /**
   * Path → `size:mtimeMs` of the models' folders and of the store's index: while they hold, no listing
   * is needed. null where a link stands for a model: it may dangle without a change of its folder.
   */
  folders: Record<string, string> | null
}

/** null: no marker, or one that another or an older tool wrote. */
export function readMarker(home: string): Marker | null {
  const file = markerOf(home)
  if (!existsSync(file)) return null // asked first: an exception costs ten times as much
  const text = readTextIfExists(file)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isMarker(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Our own file, written in one piece: its first fields say whether the rest can be relied upon. */
function isMarker(value: unknown): value is Marker {
  return (
    typeof value === 'object' &&
    value !== null &&
    'tool' in value &&
    value.tool === 'comfypin' &&
    'schema' in value &&
    value.schema === 1
  )
}
