import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import type { Problem } from './types.ts'
import { formatPath, type Position } from './positions.ts'

export interface PlacedProblem {
  file: string
  path: string
  line: number
  column: number
  expected: string
  found: string
}

/** All problems of a spec in one error (R7). */
export class SpecInvalidError extends ComfypinError<'SPEC_INVALID'> {
  readonly problems: readonly PlacedProblem[]

  constructor(file: string, problems: readonly PlacedProblem[]) {
    super('SPEC_INVALID', { file, problems: problems.map(formatProblem).join('\n') })
    this.problems = problems
  }

  override toJSON() {
    return { ...super.toJSON(), problems: this.problems }
  }
}

export function placeProblem(file: string, problem: Problem, at: Position): PlacedProblem {
  return {
    file,
    path: formatPath(problem.path),
    line: at.line,
    column: at.column,
    expected: problem.expected,
    found: redact(problem.found),
  }
}

function formatProblem(problem: PlacedProblem): string {
  return `  ${problem.line}:${problem.column}  ${problem.path}: expected ${problem.expected}, found ${problem.found}`
}

/** A value in a message: short, on one line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = redact(JSON.stringify(value) ?? typeof value) // whole: a cut login is not known as one
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text
}
