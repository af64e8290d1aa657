import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import { homeDir } from './home-dir.ts'
import { isWritable } from './settings.ts'
import { mountsOf } from './store-settings.ts'

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** A version id is a file name, a folder name and part of a payload, so its alphabet is small (R15). */
export function isVersionId(id: string): boolean {
  return ID.test(id) && !id.includes('..')
}

export function requireVersionId(id: string): string {
  if (!isVersionId(id)) throw new ComfypinError('ID_INVALID', { id })
  return id
}

/** Where things of the cache lie (design: "On disk"). Not by `join`, which takes its time on a cold start. */
export function cachePaths(cacheRoot: string) {
  return {
    resolved: `${cacheRoot}/resolved`,
    lock: (id: string) => `${cacheRoot}/resolved/${id}.lock.json`,
    pylock: (id: string) => `${cacheRoot}/resolved/pylock.${id}.toml`,
    git: `${cacheRoot}/git`,
    checkouts: `${cacheRoot}/checkouts`,
    /** Archives of registry packages, by the hash of their bytes. */
    archives: `${cacheRoot}/archives`,
    uv: `${cacheRoot}/uv`,
    bytecode: `${cacheRoot}/bytecode`,
    tools: `${cacheRoot}/tools`,
    tmp: `${cacheRoot}/tmp`,
    /** Files that somebody changed in a checkout, from before it was made again. */
    kept: `${cacheRoot}/kept`,
    logs: `${cacheRoot}/logs`,
    locks: `${cacheRoot}/locks`,
  }
}

/** Where things of a home lie. */
export function homePaths(home: string) {
  return {
    home,
    marker: markerOf(home),
    customNodes: `${home}/custom_nodes`,
    /** Staging and marks of packs: ComfyUI would import anything that lies in `custom_nodes`. */
    packs: `${home}/.comfypin-packs`,
    venv: `${home}/.venv`,
    python: `${home}/.venv/bin/python`,
    /** The Python lock that the venv was made from. */
    pylock: `${home}/.venv/.comfypin-pylock.toml`,
    extraModelPaths: `${home}/extra_model_paths.yaml`,
    input: `${home}/input`,
    output: `${home}/output`,
    temp: `${home}/temp`,
    user: `${home}/user`,
    models: `${home}/models`,
    var: `${home}/var`,
    core: `${home}/core`,
  }
}

/** Alone, for `list`: all paths of a home cost more than what it asks of each. */
export function markerOf(home: string): string {
  return `${home}/.comfypin.json`
}

export type CachePaths = ReturnType<typeof cachePaths>
export type HomePaths = ReturnType<typeof homePaths>

/**
 * The home of a version: --target and COMFY_HOME, COMFY_BUILDS_ROOT, RunPod's volumes, `~` (R73).
 * One of ours in `builds` of the volume stays where it is, unless the volume itself has one too; what
 * another tool made there is no home, and is left alone.
 */
export function homeOf(settings: Settings, id: string): string {
  if (settings.home !== null) return settings.home
  const [dir, oldDir] = homesDirs(settings)
  const home = join(dir, `comfy-${id}`)
  if (oldDir === undefined) return home
  const old = join(oldDir, `comfy-${id}`)
  return existsSync(markerOf(old)) && !existsSync(home) ? old : home
}

/** Folders in which homes lie: the one where new ones are made, and where the predecessor made them. */
export function homesDirs(settings: Settings): readonly [string, ...string[]] {
  if (settings.buildsRoot !== null) return [settings.buildsRoot]
  const volume = volumeOf(settings)
  return volume === null ? [homeDir()] : [volume, join(volume, 'builds')]
}

/** The model store: MODELS_DIR, a RunPod volume, else the home's own `models` (R48). */
export function modelsDirOf(settings: Settings, home: string): string {
  return sharedModelsDir(settings) ?? join(home, 'models')
}

/** The model store of all homes; null: each has its own. */
export function sharedModelsDir(settings: Settings): string | null {
  if (settings.modelsDir !== null) return settings.modelsDir
  const volume = volumeOf(settings)
  return volume === null ? null : join(volume, 'models')
}

function volumeOf({ volume }: Settings): string | null {
  return mountsOf(volume.root).find(isWritable) ?? null
}

/**
 * `root/path` when it stays inside `root`.
 * @throws PATH_UNSAFE
 */
export function insideOf(root: string, path: string): string {
  const full = resolve(root, path)
  if (isAbsolute(path) || !isWithin(root, full) || path.includes('\0'))
    throw new ComfypinError('PATH_UNSAFE', { path, root })
  return full
}

export function isWithin(root: string, full: string): boolean {
  const rel = relative(root, full)
  return rel !== '' && rel !== '..' && !rel.startsWith(`..${sep}`) && !isAbsolute(rel)
}
