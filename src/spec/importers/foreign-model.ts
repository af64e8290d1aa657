import { posix } from 'node:path'
import { isFileName, namesFile, readTarget } from '../model-target.ts'
import { hasControl } from '../repo-address.ts'
import type { RawModel } from '../schema.ts'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { withoutLogin } from './foreign-address.ts'
import { describe } from './shape.ts'

/** A model as another tool describes it. */
export interface ForeignModel {
  /** Addresses of the same file, the best first. */
  sources: readonly (string | null | undefined)[]
  /** Path of the file below ComfyUI's folder, such as `models/loras/a.safetensors`. */
  path: string
  sha256?: string | null | undefined
  /** What is known of it besides, for a note when it has no source. */
  detail?: string
}

/** A model of a foreign file; what cannot be fetched, or would leave its folder, becomes a note. */
export function foreignModel(model: ForeignModel): DraftPart {
  const place = readPlace(model.path)
  if (place === null) return note('VALUE_REFUSED', 'models', describe(model.path))
  const given = model.sources.filter((source) => typeof source === 'string' && source !== '')
  const sources = given.map((source) => withoutLogin(source ?? ''))
  const usable = sources.filter(({ address }) => isForeignSource(address))
  const refused = sources.filter(({ address }) => !isForeignSource(address))
  const [first, ...others] = usable
  const where = posix.normalize(model.path.replaceAll('\\', '/'))
  const notes = [
    ...refused.map(({ address }) => note('VALUE_REFUSED', where, describe(address))),
    ...usable.filter((one) => one.hadLogin).map((one) => note('LOGIN_REMOVED', where, one.address)),
    ...others.map(({ address }) => note('MODEL_OTHER_SOURCES', where, address)),
  ]
  if (first === undefined)
    return joinParts([...notes, note('MODEL_SOURCE_UNKNOWN', where, model.detail ?? '-')])
  return joinParts([
    { models: [{ source: first.address, ...place, ...checksumOf(model.sha256) }] },
    ...notes,
  ])
}

/** What a foreign file may name as a source: nothing of this machine. */
function isForeignSource(source: string): boolean {
  if (source.length > MAX_LENGTH || hasControl(source)) return false
  if (/^https?:\/\//i.test(source)) return URL.canParse(source)
  return /^(?:hf|huggingface|civitai|gs|s3):\/\/\S/i.test(source)
}

const MAX_LENGTH = 2000

/** Fields of a spec for a path below ComfyUI's folder; null when it is not to be written there. */
export function readPlace(
  path: string,
): Pick<RawModel, 'name' | 'target_subdir' | 'target_path'> | null {
  const clean = path.replaceAll('\\', '/').replace(/^(?:\.\/)*(?:ComfyUI\/)?/, '')
  if (clean.includes('$') || clean.startsWith('~') || hasControl(clean)) return null
  const normal = posix.normalize(clean)
  const name = posix.basename(normal)
  const dir = posix.dirname(normal)
  if (!isFileName(name) || normal.startsWith('/') || /^[A-Za-z]:/.test(normal)) return null
  if (dir === 'models' || dir.startsWith('models/')) {
    const subdir = dir === 'models' ? '' : dir.slice('models/'.length)
    const placed = readTarget({ target_subdir: subdir }, {})
    return typeof placed === 'string' ? null : { name, target_subdir: subdir }
  }
  // Elsewhere in a home stand the venv, links to shared checkouts and what ComfyUI obeys.
  if (dir !== 'input' && !dir.startsWith('input/')) return null
  // A path names a file when its last part has an extension; without one it would be a folder.
  return { name, target_path: `$COMFY_HOME/${namesFile(name) ? normal : dir}` }
}

export function checksumOf(sha256: string | null | undefined): Pick<RawModel, 'checksum'> {
  return /^[0-9a-f]{64}$/i.test(sha256 ?? '')
    ? { checksum: `sha256:${(sha256 ?? '').toLowerCase()}` }
    : {}
}
