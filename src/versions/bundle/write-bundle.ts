import { readFileSync } from 'node:fs'
import { systemCode } from '../../core/errors.ts'
import { writeZip, type ZipFileEntry } from '../../platform/write-zip.ts'
import type { LoadedSpec } from '../../resolve/load-spec.ts'
import { isRecord, parseJson } from '../../spec/parse-entries.ts'
import { editSpecText, type SpecEdit } from '../../spec/write-edits.ts'
import { stateMode } from '../state/place-state.ts'
import type { PackFiles } from '../state/types.ts'
import { BUNDLE } from './layout.ts'

export interface BundleContent {
  loaded: LoadedSpec
  lockText: string
  pylock: string | null
  state: readonly PackFiles[]
}

/**
 * A version in one file: spec, lock, Python lock and the state of its packs. The same version gives
 * the same bytes.
 * @throws DISK_WRITE
 */
export function writeBundle(
  file: string,
  { loaded, lockText, pylock, state }: BundleContent,
): void {
  const manifest = { tool: 'comfypin', bundle: 1, version_id: loaded.spec.version_id }
  writeZip(file, [
    textEntry(BUNDLE.manifest, `${JSON.stringify(manifest, null, 2)}\n`),
    textEntry(BUNDLE.spec, portableSpec(loaded)),
    textEntry(BUNDLE.lock, lockText),
    ...(pylock === null ? [] : [textEntry(BUNDLE.pylock, pylock)]),
    ...state.flatMap(({ pack, files }) =>
      files.map(({ path, from, mode }): ZipFileEntry => ({
        name: `${BUNDLE.state}/${pack}/${path}`,
        mode: stateMode(mode),
        read: () => readIfThere(from),
      })),
    ),
  ])
}

function textEntry(name: string, text: string): ZipFileEntry {
  return { name, mode: 0o644, read: () => Buffer.from(text) }
}

/** A run may have removed it since it was listed. */
function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

/** The spec's text with whole paths: relative ones start at its folder, which stays behind. */
function portableSpec({ text, spec }: LoadedSpec): string {
  const raw = parseJson(text)
  if (!isRecord(raw)) return text
  const { comfy } = raw
  return editSpecText(text, [
    ...replaced(comfy, ['comfy', 'repo'], spec.comfy.repo),
    ...spec.custom_nodes.flatMap(({ repo }, index) =>
      replaced(itemOf(raw['custom_nodes'], index), ['custom_nodes', index, 'repo'], repo),
    ),
    ...spec.models.flatMap(({ source }, index) =>
      replaced(itemOf(raw['models'], index), ['models', index, 'source'], source),
    ),
  ])
}

function itemOf(list: unknown, index: number): unknown {
  return Array.isArray(list) ? list[index] : undefined
}

function replaced(entry: unknown, path: SpecEdit['path'], value: string | null): SpecEdit[] {
  const before = isRecord(entry) ? entry[String(path.at(-1))] : undefined
  return value === null || before === value ? [] : [{ kind: 'set', path, value }]
}
