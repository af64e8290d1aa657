import { posix } from 'node:path'
import type { ModelTarget } from './types.ts'
import { hasControl } from './repo-address.ts'

export interface TargetFields {
  target_subdir?: string | null | undefined
  target_path?: string | null | undefined
  path?: string | null | undefined
}

export interface TargetResult {
  target: ModelTarget
  /** File name when the path names a file. */
  name: string | null
}

/**
 * Where a model goes. A path may start with `$MODELS_DIR` or `$COMFY_HOME` (also `${…}`) and use
 * other variables; it names a file when its last part has an extension, else a folder.
 * @returns text of what was expected when the path is not allowed (R9, R19)
 */
export function readTarget(
  fields: TargetFields,
  env: Readonly<Record<string, string>>,
): TargetResult | string {
  const path = fields.target_path ?? fields.path
  if (path === null || path === undefined)
    return place('models', fields.target_subdir ?? '', env, false)
  const rooted = /^(?:\$(MODELS_DIR|COMFY_HOME)|\$\{(MODELS_DIR|COMFY_HOME)\})(?:\/|$)(.*)$/s.exec(
    path,
  )
  const root = (rooted?.[1] ?? rooted?.[2]) === 'COMFY_HOME' ? 'home' : 'models'
  return place(root, rooted === null ? stripModels(path) : (rooted[3] ?? ''), env, true)
}

/** `models/loras/x` is how ComfyUI users write a path below the model store. */
function stripModels(path: string): string {
  return path.replace(/^(?:\.\/)?models\//, '')
}

function place(
  root: 'models' | 'home',
  raw: string,
  env: Readonly<Record<string, string>>,
  mayNameFile: boolean,
): TargetResult | string {
  const known = new Map(Object.entries(env))
  const expanded = raw.replace(
    /\$\{(\w+)\}|\$(\w+)/g,
    (whole, a?: string, b?: string) => known.get(a ?? b ?? '') ?? whole,
  )
  if (hasControl(expanded) || expanded.includes('\\'))
    return 'a path with "/" and no control characters'
  if (/\$/.test(expanded)) return 'a path whose variables are set'
  const normal = posix.normalize(expanded.replace(/\/+$/, '') || '.')
  if (
    normal.startsWith('/') ||
    normal === '..' ||
    normal.startsWith('../') ||
    /^[A-Za-z]:/.test(normal) ||
    normal.startsWith('~')
  )
    return `a path inside ${root === 'home' ? 'COMFY_HOME' : 'MODELS_DIR'}`
  if (normal === '.comfypin' || normal.startsWith('.comfypin/'))
    return 'a folder that comfypin does not use itself'
  const clean = normal === '.' ? '' : normal
  const base = posix.basename(clean)
  if (!mayNameFile || !/[^.]\.[A-Za-z0-9]+$/.test(base))
    return { target: { root, dir: clean }, name: null }
  const dir = posix.dirname(clean)
  return { target: { root, dir: dir === '.' ? '' : dir }, name: base }
}

/** True for a plain file name (R17, R19). */
export function isFileName(name: string): boolean {
  return (
    name.length > 0 &&
    Buffer.byteLength(name) <= 240 &&
    name !== '.' &&
    name !== '..' &&
    !/[/\\]/.test(name) &&
    !hasControl(name)
  )
}
