import { ComfypinError } from '../core/errors.ts'
import { isRecord, type Part } from '../spec/parse-entries.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import { SpecInvalidError, type PlacedProblem } from '../spec/problems.ts'
import { modelKey, packKey, type WrittenParts } from './create-spec.ts'

/** The place of an entry in the list of a side file. */
export interface SideOrigin {
  file: string
  index: number
}

/** Of each list the places of its first entries; those of arguments follow and have none. */
export type SideOrigins = Readonly<Record<Part, readonly (SideOrigin | null)[]>>

/**
 * Judge a spec that is made of side files, too: what is wrong with an entry of theirs is told of the
 * file, because nobody has seen the spec yet.
 * @param written the spec as it was judged
 * @throws ARGUMENT_INVALID with everything that is wrong, and what `judge` throws
 */
export async function namingSideFiles<T>(
  origins: SideOrigins,
  parts: WrittenParts,
  written: () => unknown,
  judge: () => Promise<T>,
): Promise<T> {
  try {
    return await judge()
  } catch (error) {
    if (!(error instanceof SpecInvalidError)) throw error
    const spec = written()
    const places = error.problems.map((problem) => placeOf(origins, parts, spec, problem.path))
    if (places.every((place) => place === null)) throw error
    const lines = error.problems.map((problem, at) => lineOf(problem, places[at] ?? null))
    throw new ComfypinError('ARGUMENT_INVALID', { problems: lines.join('\n') }, { cause: error })
  }
}

function lineOf({ file, path, expected, found }: PlacedProblem, place: string | null): string {
  return `  ${place ?? `${file} ${path}`}: expected ${expected}, found ${found}`
}

const ENTRY_PATH = /^\$\.(custom_nodes|models)\[(\d+)\](.*)$/s

/** `file $.models[1].name` for a place in an entry that a side file gave. */
function placeOf(
  origins: SideOrigins,
  parts: WrittenParts,
  spec: unknown,
  path: string,
): string | null {
  const [, list, at, rest = ''] = ENTRY_PATH.exec(path) ?? []
  const part = list === 'custom_nodes' || list === 'models' ? list : null
  if (part === null || !isRecord(spec)) return null
  const entries = spec[part]
  if (!Array.isArray(entries)) return null
  const origin = origins[part][givenAs(parts[part], entries[Number(at)], KEYS[part])] ?? null
  return origin === null ? null : `${origin.file} $.${part}[${origin.index}]${rest}`
}

const KEYS = { custom_nodes: packKey, models: modelKey } as const

/** The last of the given entries that became this one; its fields may have joined older ones. */
function givenAs(
  given: readonly RawEntry[],
  entry: unknown,
  keyOf: (value: unknown) => string | null,
): number {
  const text = JSON.stringify(entry)
  const same = given.findLastIndex((one) => JSON.stringify(one) === text)
  const key = keyOf(entry)
  return same >= 0 || key === null ? same : given.findLastIndex((one) => keyOf(one) === key)
}
