import type * as z from 'zod'
import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import type { Problem } from './types.ts'
import { formatPath, type JsonPath, type Position } from './positions.ts'

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

/** What a schema issue says, with the value that stands there. */
export function problemsOfIssue(issue: z.core.$ZodIssue, root: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key],
      expected: 'one of offline, skip_models',
      found: `unknown option "${key}"`,
    }))
  return [{ path, expected: expectedOf(issue), found: show(valueAt(root, path)) }]
}

function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ')
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(expectedOf))].join(' or ')
    case 'invalid_key':
      return issue.issues.map(expectedOf).join(' or ')
    case 'too_small':
      return 'a text that is not empty'
    default:
      return issue.message
  }
}

function valueAt(root: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined,
    root,
  )
}

/** A value in a message: short, on one line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = redact(JSON.stringify(value) ?? typeof value) // whole: a cut login is not known as one
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text
}
