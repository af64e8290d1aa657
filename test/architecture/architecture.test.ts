import { expect, test } from 'vitest'
import {
  findCycle,
  readSources,
  staticReach,
  type Import,
  type SourceFile,
} from './source-graph.ts'

/** The folders from left to right; an import never points right. Folders of one row are siblings. */
const LAYERS = [
  ['core'],
  ['platform', 'report'],
  ['spec', 'git', 'python', 'models', 'download', 'comfy', 'outputs', 'queue', 'registry'],
  ['resolve'],
  ['realize', 'jobs', 'autocache'],
  ['run'],
  ['versions', 'doctor'],
  ['server', 'worker', 'cli'],
  ['bin.ts', 'index.ts'],
]

/** What a reporter-free, request-free start must not load; each costs milliseconds. */
const HEAVY_BUILTINS = /^node:(crypto|https?|http2|net|tls|dns|zlib|worker_threads|readline)\b/

/** Files on the way of the fastest commands: the start itself and a realize with nothing to do. */
const FAST_STARTS = ['bin.ts', 'cli/run-line.ts', 'realize/noop.ts']

/** A schema at every boundary, a bound wherever many servers are asked; every other package is imported by one file. */
const IN_MANY_FILES = ['zod', 'p-map']

const MAX_LINES = 320
/** One row per message; its length is no sign of a second idea. */
const TABLES = [
  'core/error-table.ts',
  'core/error-texts-ru.ts',
  'core/messages.ts',
  'doctor/finding-table.ts',
]

const sources = readSources()
const files = [...sources.values()]

test('no import points right', () => {
  expect(crossings((from, to) => layerOf(to) > layerOf(from))).toEqual([])
})

test('siblings know only the types of each other', () => {
  const siblings = crossings(
    (from, to, { kind }) =>
      folderOf(from) !== folderOf(to) &&
      layerOf(from) === layerOf(to) &&
      !(kind === 'type' && to.endsWith('/types.ts')),
  )
  expect(siblings).toEqual([])
})

test('a types.ts has no code', () => {
  const withCode = files.filter(
    ({ path, text }) =>
      path.endsWith('/types.ts') && /^(export )?(const|let|function|class|async)\b/m.test(text),
  )
  expect(withCode.map(({ path }) => path)).toEqual([])
})

test('every folder has its place in the layers', () => {
  const unknown = files.map(({ path }) => folderOf(path)).filter((name) => rowOf(name) === -1)
  expect([...new Set(unknown)]).toEqual([])
})

test('reporters import core only, and only the edges import reporters', () => {
  const edges = ['report', 'cli', 'worker', 'bin.ts']
  const wrong = crossings((from, to) =>
    folderOf(from) === 'report'
      ? !['report', 'core'].includes(folderOf(to))
      : folderOf(to) === 'report' && !edges.includes(folderOf(from)),
  )
  expect(wrong).toEqual([])
})

test('no import leads round in a circle', () => {
  expect(findCycle(sources)).toBeNull()
})

test.each(FAST_STARTS)('%s loads no package and no heavy builtin', (start) => {
  const heavy = [...staticReach(sources, start)]
    .filter(([name]) => isPackage(name) || HEAVY_BUILTINS.test(name))
    .map(([, way]) => way.join(' → '))
  expect(heavy).toEqual([])
})

test('every package has one home', () => {
  const users = new Map<string, string[]>()
  for (const { path, imports } of files)
    for (const { to, kind } of imports)
      if (isPackage(to) && kind !== 'type' && !IN_MANY_FILES.includes(to))
        users.set(to, [...(users.get(to) ?? []), path])
  expect([...users].filter(([, paths]) => new Set(paths).size > 1)).toEqual([])
})

test('only the process edge and the settings see the environment, only the edge ends the process', () => {
  const env = ['bin.ts', 'platform/settings.ts']
  expect(usersOf(/\bprocess\.env\b|\benv\b.* from 'node:process'/, env)).toEqual([])
  expect(usersOf(/\bprocess\.exit\(/, ['bin.ts'])).toEqual([])
})

test('a source file is short enough to read in one go', () => {
  const long = files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > MAX_LINES && !TABLES.includes(path))
  expect(long).toEqual([])
})

/** Imports between source files that `isWrong` says yes to, as `from → to`. */
function crossings(isWrong: (from: string, to: string, how: Import) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter((how) => sources.has(how.to) && isWrong(path, how.to, how))
      .map(({ to, kind }) => `${path} → ${to} (${kind})`),
  )
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? path
}

function layerOf(path: string): number {
  return rowOf(folderOf(path))
}

function rowOf(folder: string): number {
  return LAYERS.findIndex((row) => row.includes(folder))
}

function isPackage(name: string): boolean {
  return !name.startsWith('node:') && !name.startsWith('.') && !name.endsWith('.ts')
}

function usersOf(pattern: RegExp, allowed: readonly string[]): string[] {
  const uses = ({ path, text }: SourceFile) => !allowed.includes(path) && pattern.test(text)
  return files.filter(uses).map(({ path }) => path)
}
