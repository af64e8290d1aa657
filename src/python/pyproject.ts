import { readFileSync } from 'node:fs'
import { reasonOf } from '../core/errors.ts'
import { parseToml } from '../platform/parse-toml.ts'

/** What a pack's `pyproject.toml` says that matters here. */
export interface Pyproject {
  /** `[project].dependencies`; a dynamic or malformed list counts as none, as it does for ComfyUI. */
  dependencies: string[]
  /** `[tool.comfy].requires-comfyui`, such as `>=0.3.68`. */
  requiresComfyui: string | null
  /** Why it is no TOML, or null. */
  damage: string | null
}

export async function readPyproject(file: string): Promise<Pyproject> {
  try {
    const document = await parseToml(readFileSync(file, 'utf8'))
    const dependencies = at(document, 'project', 'dependencies')
    const requires = at(document, 'tool', 'comfy', 'requires-comfyui')
    return {
      dependencies: Array.isArray(dependencies)
        ? dependencies.filter((line): line is string => typeof line === 'string')
        : [],
      requiresComfyui: typeof requires === 'string' ? requires : null,
      damage: null,
    }
  } catch (error) {
    const damage = reasonOf(error).split('\n')[0] ?? ''
    return { dependencies: [], requiresComfyui: null, damage }
  }
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? new Map<string, unknown>(Object.entries(inner)).get(key)
        : undefined,
    value,
  )
}
