import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError } from '../../core/errors.ts'
import { lstatIfExists } from '../../platform/files.ts'
import { homeOf, homePaths } from '../../platform/paths.ts'
import { findLateWrites } from '../../realize/late-writes.ts'
import { readMarker } from '../../realize/marker.ts'
import { hasCopy, packPlace } from '../../realize/pack-folder.ts'
import { inspectSeed, readSeed, seedPlaces } from '../../realize/pack-seed.ts'
import { packState, type PackState } from '../../realize/pack-state.ts'
import type { LoadedSpec } from '../../resolve/load-spec.ts'
import type { DraftNote } from '../../spec/draft.ts'
import { describe } from '../../spec/importers/shape.ts'
import { createStateTaker } from './take-state.ts'
import type { FoundState } from './types.ts'

/**
 * The state of a version's packs: of each, what its home has, and while the home has no copy of the
 * pack, what the spec gives to it.
 * @throws STATE_UNKNOWN, STATE_UNUSABLE
 */
export function stateOfVersion(ctx: Ctx, loaded: LoadedSpec): FoundState {
  const taker = createStateTaker()
  const seeds = seedPlaces(loaded)
  const home = statesInHome(ctx, loaded)
  for (const { name } of loaded.spec.custom_nodes) {
    const seed = seeds.get(name)
    const own = home.of(name)
    if (own === 'unknown') {
      const { version_id: id } = loaded.spec
      throw new ComfypinError('STATE_UNKNOWN', { name, home: homeOf(ctx.settings, id), id })
    }
    if (own !== null) taker.take(name, own.dir, own.files)
    else if (seed !== undefined)
      taker.take(
        name,
        seed.dir,
        readSeed(name, seed).map(({ path }) => path),
      )
  }
  const { packs, notes } = taker.found()
  return { packs, notes: [...notes, ...home.unsettled()] }
}

/** How much state a pack has, and whether that is in the home or waits beside the spec. */
export interface ShownState {
  in: 'home' | 'spec'
  files: number
  /** Bytes. */
  size: number
}

/** The same for people, by pack: nothing is left out, and what is not usable counts as none. */
export function shownStates(ctx: Ctx, loaded: LoadedSpec): Map<string, ShownState> {
  const home = statesInHome(ctx, loaded)
  const seeds = seedPlaces(loaded)
  return new Map(
    loaded.spec.custom_nodes.flatMap(({ name }): [string, ShownState][] => {
      const own = home.of(name)
      const seed = seeds.get(name)
      if (own === 'unknown') return []
      if (own !== null) return shown(name, 'home', own.files.map(sizeIn(own.dir)))
      const read = seed === undefined ? [] : inspectSeed(seed)
      return typeof read === 'string'
        ? []
        : shown(
            name,
            'spec',
            read.map(({ size }) => size),
          )
    }),
  )
}

function shown(name: string, place: ShownState['in'], sizes: readonly number[]) {
  const size = sizes.reduce((sum, one) => sum + one, 0)
  return sizes.length === 0
    ? []
    : [[name, { in: place, files: sizes.length, size }] satisfies [string, ShownState]]
}

function sizeIn(dir: string): (path: string) => number {
  return (path) => lstatIfExists(join(dir, path))?.size ?? 0
}

interface HomeState {
  /** null: the home has no copy of the pack; `unknown`: its checkout is not there to compare with. */
  of(name: string): { dir: string; files: string[] } | 'unknown' | null
  /** Of linked packs that have written into what all homes share, since nobody knows for whom. */
  unsettled(): DraftNote[]
}

/** Without links to models, which realize makes again. */
function statesInHome({ settings }: Ctx, { spec, models }: LoadedSpec): HomeState {
  const home = homeOf(settings, spec.version_id)
  const marker = readMarker(home)
  const isOurs = marker?.version_id === spec.version_id
  const states = new Map<string, PackState>(
    isOurs ? packState(home).map((state) => [state.name, state]) : [],
  )
  const links = new Set(
    models.flatMap(({ model, target_path }) => (model.target.root === 'home' ? target_path : [])),
  )
  return {
    of(name) {
      const dir = join(homePaths(home).customNodes, name)
      const state = states.get(name)
      if (state?.isOrphan === true) return 'unknown'
      const files = [...(state?.added ?? []), ...(state?.changed ?? [])].filter(
        (path) => !path.endsWith('/') && !links.has(`custom_nodes/${name}/${path}`),
      )
      return isOurs && hasCopy(packPlace(homePaths(home), name)) ? { dir, files } : null
    },
    unsettled: () =>
      (isOurs ? findLateWrites(marker) : []).map(({ name, files }) => ({
        code: 'STATE_SHARED',
        subject: name,
        detail: describe(files),
      })),
  }
}
