import type * as z from 'zod'
import type { JsonPath } from './positions.ts'
import { show } from './problems.ts'
import type { Problem } from './types.ts'

/** What a schema issue says, with the value that stands there. */
export function problemsOfIssue(issue: z.core.$ZodIssue, root: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key],
      expected: 'one of offline, skip_models, venv_mode',
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
