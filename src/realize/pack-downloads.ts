import { lstatSync, mkdirSync, readdirSync, rmdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists } from '../platform/files.ts'
import type { LockPack } from '../resolve/types.ts'
import { canMake } from './can-make.ts'

/**
 * Packs that download models into their own folder at run time, where an update would drop them and
 * every home would have its own. By the name of the repository, which is the id in the registry too;
 * each line was read in the pack's source (commits in packs.md §7).
 */
const DOWNLOADS: Readonly<Record<string, { env?: string; folders?: readonly string[] }>> = {
  // src/custom_controlnet_aux/util.py:41
  comfyui_controlnet_aux: { env: 'AUX_ANNOTATOR_CKPTS_PATH' },
  // config.yaml: ckpts_path; vfi_utils.py: get_ckpt_container_path
  'comfyui-frame-interpolation': { folders: ['ckpts'] },
  // nodes/nodes.py:1580, superprompt-v1
  'comfyui-kjnodes': { folders: ['models'] },
  // raft.py:8
  'comfyui-image-filters': { folders: ['models'] },
  // xflux/src/flux/annotator/util.py:6
  'x-flux-comfyui': { folders: ['xflux/src/flux/annotator/ckpts'] },
}

/**
 * Variables by which packs of a version download into the model store; what the user set stays.
 * @param repos their `downloadName`, or the paths of their checkouts
 */
export function downloadEnv(
  ctx: Ctx,
  modelsDir: string,
  repos: readonly string[],
): Record<string, string> {
  const entries = repos.flatMap((repo) => {
    const env = DOWNLOADS[keyOf(repo)]?.env
    if (env === undefined || ctx.settings.env[env]) return []
    const folder = join(storeOf(modelsDir, repo), 'ckpts')
    return canMake(folder) ? [[env, folder] as const] : []
  })
  return Object.fromEntries(entries)
}

/** What the functions here know a pack by. */
export function downloadName({ repo, registry }: Pick<LockPack, 'repo' | 'registry'>): string {
  return repo ?? registry?.id ?? ''
}

/** Folders of a pack that lead into the model store: only a private copy can have them. */
export function downloadFolders(repo: string): readonly string[] {
  return DOWNLOADS[keyOf(repo)]?.folders ?? []
}

/** Make the download folders of a home's copy links into the model store. What holds files stays. */
export function linkDownloads(copy: string, modelsDir: string, repo: string): void {
  for (const folder of downloadFolders(repo)) {
    const inStore = join(storeOf(modelsDir, repo), folder.split('/').at(-1) ?? folder)
    const inCopy = join(copy, folder)
    if (!isFree(inCopy) || !canMake(inStore)) continue
    mkdirSync(dirname(inCopy), { recursive: true })
    if (lstatIfExists(inCopy) !== null) rmdirSync(inCopy)
    symlinkSync(inStore, inCopy)
  }
}

function keyOf(repo: string): string {
  return nameOf(repo).toLowerCase()
}

/** The last part of an address, or of a checkout's path, which ends with `@<commit>` or `@<version>`. */
function nameOf(repo: string): string {
  const [last = repo] = repo
    .replace(/(?:@[^@/:]*)?\/*$/, '')
    .split(/[/:]/)
    .slice(-1)
  return last.replace(/\.git$/, '')
}

/** Beside the folders of model categories, which ComfyUI searches; these are for one pack each. */
function storeOf(modelsDir: string, repo: string): string {
  return join(modelsDir, 'packs', nameOf(repo))
}

/** Nothing there, or an empty folder. */
function isFree(path: string): boolean {
  if (lstatIfExists(path) === null) return true
  return lstatSync(path).isDirectory() && readdirSync(path).length === 0
}
