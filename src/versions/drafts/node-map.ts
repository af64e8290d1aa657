import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { ComfypinError, reasonOf } from '../../core/errors.ts'

/** Which repositories say that they have a node type. */
export interface NodeMap {
  packsOf(type: string): string[]
  /** Every repository of the map. */
  repos: readonly string[]
}

export const EMPTY_MAP: NodeMap = { packsOf: () => [], repos: [] }

const details = z.looseObject({
  /** Types that belong to this repository, whoever else lists them. */
  preemptions: z.array(z.string()).optional(),
  nodename_pattern: z.string().optional(),
})

const schema = z.record(z.string(), z.tuple([z.array(z.string()), details]).rest(z.unknown()))

/**
 * ComfyUI-Manager's `extension-node-map.json`: address → list of types, and a pattern for packs that
 * make up their types.
 * @throws IMPORT_UNREADABLE, IMPORT_INVALID
 */
export function readNodeMap(file: string): NodeMap {
  const result = schema.safeParse(parse(file))
  if (!result.success) {
    const problems = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ')
    throw new ComfypinError('IMPORT_INVALID', { file, format: 'extension-node-map.json', problems })
  }
  const owners = new Map<string, string[]>()
  const first = new Map<string, string>()
  const patterns: { repo: string; pattern: RegExp }[] = []
  for (const [repo, [types, { preemptions, nodename_pattern: text }]] of Object.entries(
    result.data,
  )) {
    for (const type of types) owners.set(type, [...(owners.get(type) ?? []), repo])
    for (const type of preemptions ?? []) first.set(type, repo)
    const pattern = text === undefined ? null : safePattern(text)
    if (pattern !== null) patterns.push({ repo, pattern })
  }
  const byPattern = (type: string) =>
    (type.length > MAX_TYPE ? [] : patterns)
      .filter(({ pattern }) => pattern.test(type))
      .map(({ repo }) => repo)
  const packsOf = (type: string): string[] => {
    const preempted = first.get(type)
    if (preempted !== undefined) return [preempted]
    // Repositories that repackage others list their types, the authors often only a pattern.
    return [...new Set([...(owners.get(type) ?? []), ...byPattern(type)])]
  }
  return { repos: Object.keys(result.data), packsOf }
}

const MAX_TYPE = 200
const MAX_PATTERN = 200

/** null for a pattern that could take for ever: a repeated group, or many repetitions. */
function safePattern(text: string): RegExp | null {
  const repeats = text.match(/(?<!\\)[*+{]/g)?.length ?? 0
  if (text.length > MAX_PATTERN || repeats > 2 || /(?<!\\)\)(?:[*+?{])/.test(text)) return null
  try {
    return new RegExp(text, 'u')
  } catch {
    return null // Python has forms that JavaScript does not know
  }
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ComfypinError(
      'IMPORT_UNREADABLE',
      { file, reason: reasonOf(error) },
      { cause: error },
    )
  }
}
