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
 * other variables. `target_path` and `path` name a file when their last part has an extension; one
 * that ends with `/` is a folder, and so is `target_subdir`.
 * @param env MODELS_DIR and COMFY_HOME in it make absolute paths below them known
 * @returns text of what was expected when the path is not allowed (R9, R19)
 */
export function readTarget(
  fields: TargetFields,
  env: Readonly<Record<string, string>>,
): TargetResult | string {
  const path = fields.target_path || fields.path
  const rooted = splitRoot(path || (fields.target_subdir ?? ''))
  const expanded = expand(rooted.rest, env)
  if (hasControl(expanded) || expanded.includes('\\'))
    return 'a path with "/" and no control characters'
  if (/\$/.test(expanded)) return 'a path whose variables are set'
  const { root, rest } = rooted.isExplicit ? { ...rooted, rest: expanded } : rootOf(expanded, env)
  const normal = posix.normalize(rest.replace(/\/+$/, '') || '.')
  if (leavesRoot(normal)) return `a path inside ${root === 'home' ? 'COMFY_HOME' : 'MODELS_DIR'}`
  if (normal === '.comfypin' || normal.startsWith('.comfypin/'))
    return 'a folder that comfypin does not use itself'
  if (Buffer.byteLength(normal) > 1000 || normal.split('/').some((part) => !isShort(part)))
    return 'a path of at most 1000 bytes, with parts of at most 240'
  const dir = normal === '.' ? '' : normal
  return path && !path.endsWith('/') ? splitFile(root, dir) : { target: { root, dir }, name: null }
}

function splitRoot(path: string): { root: ModelTarget['root']; rest: string; isExplicit: boolean } {
  const [, bare, braced, rest = ''] =
    /^(?:\$(MODELS_DIR|COMFY_HOME)|\$\{(MODELS_DIR|COMFY_HOME)\})(?:\/+|$)(.*)$/s.exec(path) ?? []
  const name = bare ?? braced
  if (name !== undefined)
    return { root: name === 'COMFY_HOME' ? 'home' : 'models', rest, isExplicit: true }
  // `models/loras/x` is how ComfyUI users write a path below the model store
  return { root: 'models', rest: path.replace(/^(?:\.\/)?models(?:\/|$)/, ''), isExplicit: false }
}

function expand(text: string, env: Readonly<Record<string, string>>): string {
  const known = new Map(Object.entries(env))
  return text.replace(
    /\$\{(\w+)\}|\$(\w+)/g,
    (whole, a?: string, b?: string) => known.get(a ?? b ?? '') ?? whole,
  )
}

/** An absolute path is allowed where it stands for `$MODELS_DIR` or `$COMFY_HOME`; the lock has neither. */
function rootOf(path: string, env: Readonly<Record<string, string>>) {
  const roots = [
    { root: 'models', dir: env['MODELS_DIR'] },
    { root: 'home', dir: env['COMFY_HOME'] },
  ] as const
  for (const { root, dir } of roots) {
    const below = dir?.startsWith('/') ? posix.relative(dir, path) : '..'
    if (path.startsWith('/') && !leavesRoot(below)) return { root, rest: below }
  }
  return { root: 'models' as const, rest: path }
}

function leavesRoot(normal: string): boolean {
  return /^(?:\/|~|\.\.(?:\/|$)|[A-Za-z]:)/.test(normal)
}

function splitFile(root: ModelTarget['root'], path: string): TargetResult {
  const name = posix.basename(path)
  if (!namesFile(name)) return { target: { root, dir: path }, name: null }
  const dir = posix.dirname(path)
  return { target: { root, dir: dir === '.' ? '' : dir }, name }
}

/** True when the last part of a path is read as a file: `a.safetensors`; `v1.5` is a folder. */
export function namesFile(part: string): boolean {
  return /[^.]\.[A-Za-z][A-Za-z0-9]*$/.test(part)
}

/** True for a plain file name (R17, R19). */
export function isFileName(name: string): boolean {
  return (
    name.length > 0 &&
    isShort(name) &&
    name !== '.' &&
    name !== '..' &&
    !/[/\\]/.test(name) &&
    !hasControl(name)
  )
}

/** Filesystems allow 255; a download needs a suffix. */
function isShort(part: string): boolean {
  return Buffer.byteLength(part) <= 240
}
