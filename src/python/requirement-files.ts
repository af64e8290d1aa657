import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CORE_OWNER } from './requirements.ts'
import type { RequirementSource } from './types.ts'

export interface SourceFile {
  source: RequirementSource
  /** File name that shows its owner in uv's messages. */
  name: string
  text: string
  /** File name of its constraints, or null. */
  constraints: string | null
}

/** One requirements file per owner, in `dir`. */
export function writeSources(dir: string, sources: readonly RequirementSource[]): SourceFile[] {
  const labels = uniqueLabels(sources)
  // uv wants at least one file
  const all = sources.length > 0 ? sources : [EMPTY]
  return all.map((source, index) => {
    const label = labels[index] ?? CORE_OWNER
    const name = `${label}.txt`
    const text = asText(source.lines)
    writeFileSync(join(dir, name), text)
    const constraints = source.constraints.length === 0 ? null : `${label}.constraints.txt`
    if (constraints !== null) writeFileSync(join(dir, constraints), asText(source.constraints))
    return { source, name, text, constraints }
  })
}

const EMPTY: RequirementSource = { owner: CORE_OWNER, file: null, lines: [], constraints: [] }

/** Names for files and projects: `pack-` and the owner's letters and digits. */
export function uniqueLabels(sources: readonly RequirementSource[]): string[] {
  const taken = new Set<string>()
  return sources.map(({ owner }) => {
    const base = `from-${owner.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.replace(/-+$/, '')
    let label = base
    for (let count = 2; taken.has(label); count++) label = `${base}-${count}`
    taken.add(label)
    return label
  })
}

/** The line that uv could not read, and whose it is; uv says where in one of two ways. */
export function invalidLine(
  stderr: string,
  files: readonly SourceFile[],
): { owner: string; line: string } | null {
  const byOffset = /in\s+`([^`]+)`\s+at\s+position\s+(\d+)/.exec(stderr)
  const byLine = /(\S+\.txt):(\d+):\d+/.exec(stderr)
  const file = files.find(({ name }) => name === (byOffset ?? byLine)?.[1])
  if (file === undefined) return null
  const at = byOffset === null ? Number(byLine?.[2]) - 1 : rowOf(file.text, Number(byOffset[2]))
  return { owner: file.source.owner, line: file.text.split('\n')[at] ?? '' }
}

/** The row, from 0, of an offset in bytes. */
function rowOf(text: string, offset: number): number {
  return Buffer.from(text).subarray(0, offset).toString('latin1').split('\n').length - 1
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
