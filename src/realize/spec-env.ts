import type { Settings } from '../core/settings.ts'
import { expandEnv } from '../spec/expand-env.ts'

/** The spec's `env` with `${VAR}` filled in. What is not set was told when the spec was read. */
export function expandSpecEnv(
  env: Readonly<Record<string, string>>,
  outer: Readonly<Record<string, string>>,
): Record<string, string> {
  return expandEnv(env, outer).values
}

/** The interpreter that a version asks for: flag or environment, then the spec; null: any. */
export function pythonRequest(
  settings: Settings,
  specEnv: Readonly<Record<string, string>>,
): string | null {
  return settings.python ?? specEnv['COMFY_PYTHON'] ?? null
}
