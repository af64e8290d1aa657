import { say, type Language } from '../core/messages.ts'
import { formatBytes } from '../core/units.ts'

/** Columns as wide as their longest entry; the last one as it is. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) =>
    row
      .map((text, column) => (column === row.length - 1 ? text : text.padEnd(width(column))))
      .join('  ')
      .trimEnd(),
  )
}

/** Bytes for people, or that nobody knows them. */
export function sizeText(bytes: number | null, language: Language): string {
  return bytes === null ? say(language, 'planUnknownSize', {}) : formatBytes(bytes)
}

/** The place of a model for people, or that nobody knows its name. */
export function pathText(path: string | null, language: Language): string {
  return path ?? say(language, 'modelUnnamed', {})
}

/** Problems of models, one line each. */
export function problemLines(
  models: readonly { path: string | null; source: string; problem: string | null }[],
  language: Language,
): string[] {
  return models.flatMap(({ path, source, problem }) =>
    problem === null ? [] : [say(language, 'modelProblem', { path: path ?? source, problem })],
  )
}
