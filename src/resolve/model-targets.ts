import { posix } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { hasExtension, targetName } from '../models/file-name.ts'
import { sourceAddress } from '../models/sources/index.ts'
import type { Problem } from '../spec/types.ts'
import type { SpecModel } from '../spec/types.ts'

/** A model with its exact place below its root, file name included. */
export interface PlacedModel {
  model: SpecModel
  target_path: string
}

/** Targets of a spec's models, as far as they are known. */
export interface AssignedTargets {
  readonly models: readonly PlacedModel[]
  readonly problems: readonly Problem[]
  /** Indexes of models whose name, or its extension, only their server knows. */
  readonly nameless: readonly number[]
}

/**
 * Give every model its exact target. Equal entries become one; two sources for one target are a
 * problem of the spec, and so is a source that nobody understands (R17–R19).
 * @param names what servers call the files of nameless models, by index; null: nothing
 */
export function assignTargets(
  models: readonly SpecModel[],
  names: ReadonlyMap<number, string | null> = new Map(),
): AssignedTargets {
  const problems: Problem[] = []
  const nameless: number[] = []
  const taken = new Map<string, { index: number; canonical: string }>()
  const placed = models.flatMap((model, index): PlacedModel[] => {
    const named = nameModel(model, index, names.get(index))
    if ('expected' in named) problems.push(named)
    else if (named.name === null) nameless.push(index)
    if ('expected' in named || named.name === null) return []
    const target_path = posix.join(model.target.dir, named.name)
    // One file on macOS and Windows, and one name for the eye.
    const key = `${model.target.root}/${target_path}`.normalize('NFC').toLowerCase()
    const first = taken.get(key)
    if (first?.canonical === named.canonical) return []
    if (first !== undefined) {
      problems.push({
        path: ['models', index],
        expected: `another target than models[${first.index}] has`,
        found: JSON.stringify(target_path),
      })
      return []
    }
    taken.set(key, { index, canonical: named.canonical })
    return [{ model, target_path }]
  })
  return { models: placed, problems, nameless }
}

function nameModel(
  model: SpecModel,
  index: number,
  serverName: string | null | undefined,
): { name: string | null; canonical: string } | Problem {
  try {
    const { canonical, fileName } = sourceAddress(model.source, '/')
    const mayHaveName = fileName !== null || serverName !== undefined
    if (!mayHaveName && !hasExtension(model.name ?? '')) return { name: null, canonical }
    const name = targetName(model.name, fileName ?? serverName ?? null)
    if (name !== null) return { name, canonical }
    return {
      path: ['models', index, 'name'],
      expected: 'a name, because the source does not tell one',
      found: 'nothing',
    }
  } catch (error) {
    if (!(error instanceof ComfypinError)) throw error
    const { form, known, reason } = error.params
    return {
      path: ['models', index, 'source'],
      expected: form === undefined ? `a source of ${known}` : `a source such as ${form}`,
      found: `${JSON.stringify(model.source)}${reason === undefined ? '' : ` (${reason})`}`,
    }
  }
}
