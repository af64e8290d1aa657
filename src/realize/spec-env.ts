import type { Settings } from '../core/settings.ts'

/** The spec's `env` with `${VAR}` filled in, from the environment and from the entries before it (R12). */
export function expandSpecEnv(
  env: Readonly<Record<string, string>>,
  outer: Readonly<Record<string, string>>,
): Record<string, string> {
  const known = new Map(Object.entries(outer))
  const expanded = Object.entries(env).map(([key, value]): [string, string] => {
    const text = value.replace(/\$\{(\w+)\}/g, (_, name: string) => known.get(name) ?? '')
    known.set(key, text)
    return [key, text]
  })
  return Object.fromEntries(expanded)
}

/** The interpreter that a version asks for: flag or environment, then the spec; null: any. */
export function pythonRequest(
  settings: Settings,
  specEnv: Readonly<Record<string, string>>,
): string | null {
  return settings.python ?? specEnv['COMFY_PYTHON'] ?? null
}
