import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Import {
  /** `git/checkout.ts`, `node:fs`, `zod`. */
  to: string
  kind: 'type' | 'static' | 'dynamic'
}

export interface SourceFile {
  /** Below `src/`, with forward slashes. */
  path: string
  text: string
  imports: Import[]
}

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** Every source file that is no test, with its imports, by path. */
export function readSources(): Map<string, SourceFile> {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
  )
  return new Map(
    paths.map((path) => {
      const text = readFileSync(src + path, 'utf8')
      return [path, { path, text, imports: importsOf(path, text) }]
    }),
  )
}

/** The formatter fixes how imports are written, so patterns find them all. */
function importsOf(from: string, text: string): Import[] {
  const declared = [...text.matchAll(/^(?:import|export) (type )?[^'"=;(]*?from '([^']+)'/gm)]
  const bare = [...text.matchAll(/^import '([^']+)'/gm)]
  const dynamic = [...text.matchAll(/\bimport\(\s*'([^']+)',?\s*\)(\.)?/g)]
  return [
    ...declared.map(([, type, to = '']) => entry(from, to, type === undefined ? 'static' : 'type')),
    ...bare.map(([, to = '']) => entry(from, to, 'static')),
    // `import('x').Name` is a type, or a dynamic import whose await is missing.
    ...dynamic.map(([, to = '', dot]) => entry(from, to, dot === undefined ? 'dynamic' : 'type')),
  ]
}

function entry(from: string, to: string, kind: Import['kind']): Import {
  return { to: to.startsWith('.') ? posix.join(posix.dirname(from), to) : to, kind }
}

/** Everything that is loaded when `start` is, each with the way that leads to it. */
export function staticReach(
  sources: ReadonlyMap<string, SourceFile>,
  start: string,
): Map<string, string[]> {
  const ways = new Map<string, string[]>([[start, [start]]])
  for (const [path, way] of ways)
    for (const { to, kind } of sources.get(path)?.imports ?? [])
      if (kind === 'static' && !ways.has(to)) ways.set(to, [...way, to])
  return ways
}

/** The first circle of static imports, types included, or null. */
export function findCycle(sources: ReadonlyMap<string, SourceFile>): string[] | null {
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): string[] | null => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return null
    for (const { to, kind } of sources.get(path)?.imports ?? []) {
      const cycle = kind === 'dynamic' ? null : visit(to, [...way, path])
      if (cycle !== null) return cycle
    }
    done.add(path)
    return null
  }
  for (const path of sources.keys()) {
    const cycle = visit(path, [])
    if (cycle !== null) return cycle
  }
  return null
}
