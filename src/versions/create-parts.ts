import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { reasonOf, systemCode } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import { expandHome } from '../platform/settings.ts'
import type { DraftNote } from '../spec/draft.ts'
import { readArgument, readEntries, type Part, type ReadEntries } from '../spec/parse-entries.ts'
import type { PackArgument, RawEntry } from '../spec/parse-pack-argument.ts'
import { parseSideFile } from '../spec/parse-side-file.ts'
import type { SideOrigin, SideOrigins } from './side-origins.ts'

/** What the flags of `create` and `add` say about the lists of a spec, as typed. */
export interface PartFlags {
  nodes: readonly string[]
  /** Side files, or JSON. */
  nodeFiles: readonly string[]
  models: readonly string[]
  modelFiles: readonly string[]
  pythonPackages: readonly string[]
  /** `NAME=value` */
  env: readonly string[]
}

/** The same in the form of a spec. */
export interface SpecParts {
  custom_nodes: PackArgument[]
  models: RawEntry[]
  python_packages: readonly string[]
  env: Record<string, string>
}

export interface ReadParts {
  parts: SpecParts
  origins: SideOrigins
  /** Every argument that cannot be read, as `--flag value: expected …`. */
  problems: string[]
  notes: DraftNote[]
}

/** A side file is a list of names and addresses; what is larger is something else. */
const MAX_FILE_BYTES = 4 * 2 ** 20

/**
 * Read every argument and side file; nothing is judged twice: keys and values of the entries are the
 * business of the spec's parser.
 * @param cwd where relative paths of arguments start; those of a side file start at its folder
 */
export async function readParts(flags: PartFlags, cwd: string): Promise<ReadParts> {
  const problems: string[] = []
  const notes: DraftNote[] = []
  const collect = (flag: string, text: string, read: ReadEntries) => {
    problems.push(...read.problems.map((expected) => problemOf(flag, text, expected)))
    return read.entries
  }
  const origins: Record<Part, (SideOrigin | null)[]> = { custom_nodes: [], models: [] }
  const files = async (part: Part, flag: string, texts: readonly string[]) => {
    const read = await Promise.all(texts.map((text) => readList(part, text, cwd, notes)))
    for (const { file, entries } of read)
      origins[part].push(...entries.map((_, index) => (file === null ? null : { file, index })))
    return read.flatMap((one, at) => collect(flag, texts[at] ?? '', one))
  }
  const inline = (part: Part, flag: string, texts: readonly string[]) =>
    texts.flatMap((text) => collect(flag, text, readArgument(part, text, cwd)))
  const custom_nodes = [
    ...(await files('custom_nodes', 'nodes', flags.nodeFiles)),
    ...inline('custom_nodes', 'node', flags.nodes),
  ]
  const models = [
    ...(await files('models', 'models', flags.modelFiles)),
    ...inline('models', 'model', flags.models),
  ].map(({ entry }) => entry)
  const env = readEnv(flags.env, problems)
  return {
    parts: { custom_nodes, models, python_packages: flags.pythonPackages, env },
    origins,
    problems,
    notes,
  }
}

/** One line about an argument that cannot be read. */
export function problemOf(flag: string, text: string, expected: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 77)}…` : text
  return `  --${flag} ${JSON.stringify(shown)}: expected ${expected}`
}

/**
 * The text of a file of the user's.
 * @returns text of what was expected when it is no file, or too large to be one of these
 */
export function readUserFile(path: string): { text: string } | string {
  try {
    const stats = statIfExists(path)
    if (stats?.isFile() !== true) return 'a file'
    if (stats.size > MAX_FILE_BYTES) return 'a file of at most 4 MiB'
    return { text: readFileSync(path, 'utf8').replace(/^\uFEFF/, '') }
  } catch (error) {
    if (systemCode(error) === null) throw error
    return `a file that can be read (${reasonOf(error)})`
  }
}

/** A side file, or JSON where a file could be named; that has no `file`. */
async function readList(
  part: Part,
  text: string,
  cwd: string,
  notes: DraftNote[],
): Promise<ReadEntries & { file: string | null }> {
  if (/^\s*[[{]/.test(text)) return { file: null, ...readArgument(part, text, cwd) }
  const path = resolve(cwd, expandHome(text))
  const file = readUserFile(path)
  const side = typeof file === 'string' ? file : await parseSideFile(part, file.text)
  if (typeof side === 'string') return { file: path, entries: [], problems: [side] }
  if (side.unused.length > 0)
    notes.push({ code: 'SIDE_FILE_PART', subject: path, detail: side.unused.join(', ') })
  return { file: path, ...readEntries(part, side.list, dirname(path)) }
}

function readEnv(texts: readonly string[], problems: string[]): Record<string, string> {
  const entries = texts.flatMap((text): [string, string][] => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? []
    if (name !== undefined && value !== undefined) return [[name, value]]
    // the value may be a secret
    problems.push(problemOf('env', text.split('=', 1)[0] ?? '', 'NAME=value'))
    return []
  })
  return Object.fromEntries(entries)
}
