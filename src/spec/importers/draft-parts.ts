import type { DraftNote, DraftPack, DraftSpec, SpecDraft } from '../draft.ts'
import { readTarget } from '../model-target.ts'
import { repoName } from '../repo-address.ts'
import type { RawModel, RawSpec } from '../schema.ts'

/** What one piece of a foreign file gives to a draft. */
export interface DraftPart {
  readonly comfy?: RawSpec['comfy']
  readonly packs?: readonly DraftPack[]
  readonly models?: readonly RawModel[]
  readonly packages?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly notes?: readonly DraftNote[]
}

/**
 * The draft that a part makes, the first of equal claims wins: a draft never has two packs in one
 * folder or two models at one place, which would make a spec that is not valid.
 */
export function draftOf(part: DraftPart): SpecDraft {
  const packs = claim(part.packs ?? [], folderOf, 'PACK_TWICE', (pack) => JSON.stringify(pack))
  const models = claim(part.models ?? [], placeOf, 'MODEL_TWICE', ({ source }) => source)
  const packages = [...new Set(part.packages)]
  const env = { ...part.env }
  const spec: DraftSpec = {
    ...(part.comfy === undefined ? {} : { comfy: part.comfy }),
    ...(packs.kept.length === 0 ? {} : { custom_nodes: packs.kept }),
    ...(models.kept.length === 0 ? {} : { models: models.kept }),
    ...(packages.length === 0 ? {} : { python_packages: packages }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
  }
  return { spec, notes: [...(part.notes ?? []), ...packs.notes, ...models.notes] }
}

/** A part that only says something. */
export function note(code: DraftNote['code'], subject: string, detail: string): DraftPart {
  return { notes: [{ code, subject, detail }] }
}

/** One part of several; the first core and the first value of a variable count. */
export function joinParts(parts: readonly DraftPart[]): DraftPart {
  const comfy = parts.find((part) => part.comfy !== undefined)?.comfy
  const env = parts.toReversed().flatMap((part) => Object.entries(part.env ?? {}))
  return {
    ...(comfy === undefined ? {} : { comfy }),
    packs: parts.flatMap((part) => part.packs ?? []),
    models: parts.flatMap((part) => part.models ?? []),
    packages: parts.flatMap((part) => part.packages ?? []),
    env: Object.fromEntries(env),
    notes: parts.flatMap((part) => part.notes ?? []),
  }
}

/** Folder in `custom_nodes`; one folder on macOS and Windows where only the case differs. */
function folderOf(pack: DraftPack): string {
  return pack.name ?? pack.registry ?? repoName(pack.repo ?? '')
}

function placeOf(model: RawModel): string {
  const placed = readTarget(model, {})
  const dir = typeof placed === 'string' ? '' : `${placed.target.root}/${placed.target.dir}`
  return `${dir}/${model.name ?? model.source}`.normalize('NFC')
}

function claim<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  code: 'PACK_TWICE' | 'MODEL_TWICE',
  show: (item: T) => string,
): { kept: T[]; notes: DraftNote[] } {
  const taken = new Map<string, string>()
  const kept: T[] = []
  const notes: DraftNote[] = []
  for (const item of items) {
    const key = keyOf(item)
    const first = taken.get(key.toLowerCase())
    if (first === undefined) kept.push(item)
    else if (first !== show(item)) notes.push({ code, subject: key, detail: show(item) })
    taken.set(key.toLowerCase(), first ?? show(item))
  }
  return { kept, notes }
}
