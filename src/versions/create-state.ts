import type { Ctx } from '../core/context.ts'
import { ignoreEvents } from '../core/events.ts'
import { loadSpecText } from '../resolve/load-spec.ts'
import type { DraftNote } from '../spec/draft.ts'
import { isRecord } from '../spec/parse-entries.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import { plainSubdir } from '../spec/pack-origin.ts'
import { isStateFolder, stateFolder } from '../spec/state-folder.ts'
import { specText } from '../spec/write-spec.ts'
import type { PackFiles } from './state/types.ts'

/**
 * A spec to begin with, without the state of another version: its folder is not the new version's.
 * @param isTaken the files come along in another way, so there is nothing to tell
 */
export function withoutState(
  spec: RawEntry,
  id: string,
  isTaken: boolean,
): { spec: RawEntry; notes: DraftNote[] } {
  const { custom_nodes: packs } = spec
  if (!Array.isArray(packs)) return { spec, notes: [] }
  const notes: DraftNote[] = []
  const kept = packs.map((pack: unknown): unknown => {
    const state = isRecord(pack) ? pack['state'] : undefined
    if (!isRecord(pack) || typeof state !== 'string' || state === '') return pack
    if (!isTaken && isStateFolder(plainSubdir(state), id)) return pack
    if (!isTaken) notes.push({ code: 'STATE_LEFT_OUT', subject: state, detail: 'json-spec' })
    const { state: _, ...rest } = pack
    return rest
  })
  return { spec: { ...spec, custom_nodes: kept }, notes }
}

export interface StatedSpec {
  raw: RawEntry
  /** What goes beside the spec: of each pack of it, once. */
  packs: PackFiles[]
  notes: DraftNote[]
}

/**
 * Have the packs of a spec name the folders that their state goes to.
 * @throws SPEC_INVALID
 */
export function withState(
  ctx: Ctx,
  { file, id, raw }: { file: string; id: string; raw: RawEntry },
  state: readonly PackFiles[],
): StatedSpec {
  if (state.length === 0) return { raw, packs: [], notes: [] }
  const quiet = { ...ctx, emit: ignoreEvents } // its warnings come with the final text
  const { spec } = loadSpecText(quiet, { file, text: specText(raw) })
  const byName = new Map(state.toReversed().map((one) => [one.pack, one]))
  const packs = spec.custom_nodes.flatMap(({ name }) => byName.get(name) ?? [])
  const written = Array.isArray(raw['custom_nodes']) ? raw['custom_nodes'] : []
  const custom_nodes = written.map((entry: unknown, index) => {
    const name = spec.custom_nodes[index]?.name ?? ''
    return isRecord(entry) && byName.has(name) ? { ...entry, state: stateFolder(id, name) } : entry
  })
  return {
    raw: { ...raw, custom_nodes },
    packs,
    notes: state
      .filter((one) => !packs.includes(one))
      .map(({ pack, files }) => ({
        code: 'STATE_LEFT_OUT',
        subject: pack,
        detail: String(files.length),
      })),
  }
}
