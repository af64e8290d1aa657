import { reasonOf } from '../core/errors.ts'
import { isNestedTooDeep } from '../platform/nesting.ts'
import { parseYaml } from '../platform/parse-yaml.ts'
import { isRecord, parseJson, type Part } from './parse-entries.ts'
import type { RawEntry } from './parse-pack-argument.ts'

/** Names under which a side file may have its list, the spec's own first. */
const LISTS = {
  custom_nodes: ['custom_nodes', 'nodes'],
  models: ['models'],
} as const satisfies Record<Part, readonly string[]>

export interface SideFile {
  list: readonly unknown[]
  /** Other keys of the file, which this part does not use. */
  unused: string[]
}

/**
 * The list of a side file (`models/*.yml`, `nodes/*.json`): `{models: […]}`, a bare list, or a whole
 * spec, of which only that part is taken.
 * @returns text of what was expected when the file has another form
 */
export async function parseSideFile(part: Part, text: string): Promise<SideFile | string> {
  const data = await parseData(text)
  if (typeof data === 'string') return data
  const { value } = data
  if (Array.isArray(value)) return { list: value, unused: [] }
  if (!isRecord(value)) return `a list, or an object with the list "${part}"`
  const key = LISTS[part].find((name) => Object.hasOwn(value, name))
  const list = key === undefined ? undefined : value[key]
  if (!Array.isArray(list)) return `a list, or an object with the list "${part}"`
  return { list, unused: Object.keys(value).filter((name) => name !== key) }
}

/** A whole spec, or a part of one, from JSON or YAML. */
export async function parseSpecData(text: string): Promise<RawEntry | string> {
  const data = await parseData(text)
  if (typeof data === 'string') return data
  return isRecord(data.value) ? data.value : 'an object in the form of a spec'
}

/** JSON first: it is exact about numbers and quick; what is not JSON is taken for YAML. */
async function parseData(text: string): Promise<{ value: unknown } | string> {
  const json = parseJson(text)
  if (json !== undefined)
    return isNestedTooDeep(text, 'json') ? 'JSON that is nested less deeply' : { value: json }
  try {
    return { value: await parseYaml(text) }
  } catch (error) {
    return `JSON or YAML (${reasonOf(error).split('\n', 1)[0]?.replace(/:$/, '')})`
  }
}
