import { dirname, join, resolve } from 'node:path'
import { ComfypinError } from '../../core/errors.ts'
import { namesOrNone, statOrNone } from '../../platform/small-files.ts'
import { readMarker } from '../../realize/marker.ts'
import { findSitePackages, type FoundPython } from './site-packages.ts'

/** Where the parts of an install lie that something other than comfypin made. */
export interface InstallLayout {
  /** Folder of ComfyUI's own files; null where only its data is here (Comfy Desktop 1). */
  core: string | null
  /** Folder of `models`, `custom_nodes`, `input`. */
  base: string
  python: FoundPython | null
}

/**
 * Find the parts of an install: ComfyUI's folder itself, or one that holds it (portable builds,
 * Comfy Desktop, comfy-cli workspaces).
 * @param python interpreter or environment of the install; null looks in the usual places
 * @throws INSTALL_NOT_FOUND, INSTALL_IS_HOME
 */
export function findInstall(path: string, python: string | null): InstallLayout {
  const marker = readMarker(path)
  if (marker !== null) throw new ComfypinError('INSTALL_IS_HOME', { path, id: marker.version_id })
  if (statOrNone(path)?.isDirectory() !== true)
    throw new ComfypinError('INSTALL_NOT_FOUND', { path, reason: 'no folder' })
  const core = ['.', 'ComfyUI', 'comfyui'].map((name) => resolve(path, name)).find(isCore) ?? null
  const base = core ?? path
  if (core === null && !isBase(path))
    throw new ComfypinError('INSTALL_NOT_FOUND', { path, reason: 'no main.py, no custom_nodes' })
  return { core, base, python: findPython(base, path, python) }
}

function isCore(dir: string): boolean {
  return ['main.py', 'folder_paths.py'].every(
    (name) => statOrNone(join(dir, name))?.isFile() === true,
  )
}

function isBase(dir: string): boolean {
  const names = namesOrNone(dir)
  return names.includes('custom_nodes') || names.includes('models')
}

const ENVIRONMENTS = ['.venv', 'venv', 'env', 'python_embeded', 'python_embedded', 'standalone-env']

/** An interpreter that is named is looked up from where it lies; it is not run. */
function findPython(base: string, path: string, named: string | null): FoundPython | null {
  if (named !== null) {
    const full = resolve(named)
    const above = [dirname(full), dirname(dirname(full))]
    return first(statOrNone(full)?.isDirectory() === true ? [full] : above)
  }
  const roots = [...new Set([base, path, dirname(base)])]
  return first(roots.flatMap((root) => ENVIRONMENTS.map((name) => join(root, name))))
}

function first(prefixes: readonly string[]): FoundPython | null {
  for (const prefix of prefixes) {
    const found = findSitePackages(prefix)
    if (found !== null) return found
  }
  return null
}
