import { basename } from 'node:path'
import type { ComfypinEvent } from '../core/events.ts'
import { isNestedTooDeep } from '../platform/nesting.ts'
import { expandEnv } from './expand-env.ts'
import { interpret, modelProblems } from './interpret.ts'
import { formatPath, readJson, type JsonPath } from './positions.ts'
import { problemsOfIssue } from './issue-problems.ts'
import { placeProblem, type PlacedProblem } from './problems.ts'
import { knownKeys, specSchema, type RawSpec } from './schema.ts'
import type { Problem, Spec } from './types.ts'
import { unusedFields } from './unused-fields.ts'

export interface ParsedSpec {
  /** null when the text cannot be read as a spec at all. */
  spec: Spec | null
  problems: PlacedProblem[]
  warnings: Extract<ComfypinEvent, { type: 'warning' }>[]
  /** Give a problem that another module found its place in the file. */
  place(problem: Problem): PlacedProblem
}

/** Read a spec's text: every problem at once (R7), every unknown key as a warning (R13). */
export function parseSpec(
  text: string,
  file: string,
  env: Readonly<Record<string, string>>,
): ParsedSpec {
  if (isNestedTooDeep(text, 'json')) return tooDeep(file)
  const json = readJson(text)
  const place = (problem: Problem) => placeProblem(file, problem, json.at(problem.path))
  const syntax = json.syntaxErrors.map(({ message, at }) =>
    placeProblem(file, { path: [], expected: 'JSON', found: message }, at),
  )
  if (syntax.length > 0) return { spec: null, problems: syntax, warnings: [], place }
  const duplicates = json.duplicateKeys.map(({ path, at }) =>
    placeProblem(file, { path, expected: 'each key once', found: 'the key again' }, at),
  )
  const result = specSchema.safeParse(json.value)
  if (!result.success) {
    const problems = [
      ...result.error.issues.flatMap((issue) => problemsOfIssue(issue, json.value)),
      ...modelProblems(json.value, env),
    ].map(place)
    return { spec: null, problems: [...duplicates, ...problems], warnings: [], place }
  }
  const { spec, problems } = interpret(result.data, env)
  return {
    spec: problems.length > 0 ? null : spec,
    problems: [...duplicates, ...problems.map(place)],
    warnings: findWarnings(result.data, file, spec, env),
    place,
  }
}

/** Reading it would overflow the stack. */
function tooDeep(file: string): ParsedSpec {
  const place = (problem: Problem) => placeProblem(file, problem, { line: 1, column: 1 })
  const problem = place({
    path: [],
    expected: 'at most 100 levels of lists and objects',
    found: 'more',
  })
  return { spec: null, problems: [problem], warnings: [], place }
}

function findWarnings(
  raw: RawSpec,
  file: string,
  spec: Spec,
  env: Readonly<Record<string, string>>,
): ParsedSpec['warnings'] {
  const unknown = [
    ...unknownKeys(raw, knownKeys.root, []),
    ...unknownKeys(raw.comfy, knownKeys.comfy, ['comfy']),
    ...(raw.custom_nodes ?? []).flatMap((pack, index) =>
      unknownKeys(pack, knownKeys.pack, ['custom_nodes', index]),
    ),
    ...(raw.models ?? []).flatMap((model, index) =>
      unknownKeys(model, knownKeys.model, ['models', index]),
    ),
  ]
  const warnings: ParsedSpec['warnings'] = unknown.map((path) => ({
    type: 'warning',
    code: 'SPEC_UNKNOWN_KEY',
    params: { file, path: formatPath(path) },
  }))
  for (const { path, winner } of unusedFields(raw, env))
    warnings.push({
      type: 'warning',
      code: 'SPEC_FIELD_OVERRULED',
      params: { file, path: formatPath(path), winner },
    })
  for (const { key, name } of expandEnv(spec.env, env).unset)
    warnings.push({ type: 'warning', code: 'SPEC_ENV_UNSET', params: { file, key, name } })
  if (basename(file) !== `${spec.version_id}.json`)
    warnings.push({
      type: 'warning',
      code: 'SPEC_ID_MISMATCH',
      params: { file, id: spec.version_id },
    })
  return warnings
}

function unknownKeys(value: object, known: readonly string[], path: JsonPath): JsonPath[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => [...path, key])
}
