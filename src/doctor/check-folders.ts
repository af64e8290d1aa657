import type { Ctx } from '../core/context.ts'
import { reasonOf } from '../core/errors.ts'
import { filesystemOf } from '../platform/filesystem.ts'
import { finding } from './finding.ts'
import { nearestFolder, placesOf, type Place } from './places.ts'
import { canLinkAcross, isUnwritable, probeFolder, type FolderProbe } from './probe-folder.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'

/** Every folder in force: writable, with the links that comfypin lives on (R49, R147). */
export const checkFolders: Check = { name: 'folders', timeoutMs: 20_000, run }

async function run(ctx: Ctx, { version }: DoctorOptions): Promise<RawFinding[]> {
  const places = placesOf(ctx.settings, version?.id ?? null)
  const looked = await Promise.all(places.map(look))
  return [
    ...misreadVariables(ctx),
    ...looked.flatMap(({ findings }) => findings),
    ...(await linksFromCache(looked)),
  ]
}

/** The predecessor read it as a folder and as a switch; neither is read here (R38). */
function misreadVariables({ settings }: Ctx): RawFinding[] {
  return settings.env['COMFY_CACHE'] === undefined ? [] : [finding('VARIABLE_UNUSED', {})]
}

interface Looked {
  place: Place
  findings: RawFinding[]
  /** Where a probe could be written; null when nowhere. */
  writable: string | null
}

async function look(place: Place): Promise<Looked> {
  const { folder, path } = place
  const at = await nearestFolder(path)
  if (at === null)
    return { place, findings: [finding('FOLDER_NONE', { folder, path })], writable: null }
  try {
    const [probe, filesystem] = await Promise.all([probeFolder(at), filesystemOf(at)])
    const there = at === path ? finding('FOLDER_OK', { folder, path }) : absent(place, at)
    return { place, findings: [there, ...oddities(place, probe, filesystem)], writable: at }
  } catch (error) {
    if (!isUnwritable(error)) throw error
    // what was tried, and under which name, is no news
    const reason = reasonOf(error).replace(/, mkdtemp '.*$/, '')
    return { place, findings: [readOnly(place, reason)], writable: null }
  }
}

function absent({ folder, path }: Place, parent: string): RawFinding {
  return finding('FOLDER_ABSENT', { folder, path, parent })
}

/** A store may be mounted read-only, and specs need only be read. */
function readOnly({ folder, path }: Place, reason: string): RawFinding {
  const isNeeded = folder === 'cache_root' || folder === 'home'
  return finding(isNeeded ? 'FOLDER_LOCKED' : 'FOLDER_READ_ONLY', { folder, path, reason })
}

function oddities(
  { folder, path }: Place,
  probe: FolderProbe,
  filesystem: string | null,
): RawFinding[] {
  if (folder === 'versions_dir') return []
  const found: RawFinding[] = []
  const at = { folder, path }
  if (!probe.symlinks) found.push(finding('FOLDER_NO_SYMLINKS', at))
  if (!probe.hardLinks) found.push(finding('FOLDER_NO_HARD_LINKS', at))
  if (probe.caseless) found.push(finding('FOLDER_CASELESS', at))
  if (!probe.executable && folder !== 'models_dir') found.push(finding('FOLDER_NOEXEC', at))
  if (filesystem === 'tmpfs') found.push(finding('FOLDER_IN_MEMORY', at))
  else if (filesystem !== null) found.push(finding('FOLDER_REMOTE', { ...at, filesystem }))
  return found
}

/** Where packages cannot be linked from the cache, every venv is a full copy of them. */
async function linksFromCache(looked: readonly Looked[]): Promise<RawFinding[]> {
  const [cache, home] = (['cache_root', 'home'] as const).map((name) =>
    looked.find(({ place }) => place.folder === name),
  )
  if (cache?.writable == null || home?.writable == null) return []
  const params = { cache: cache.place.path, home: home.place.path }
  return [
    (await canLinkAcross(cache.writable, home.writable))
      ? finding('LINKS_OK', params)
      : finding('LINKS_ACROSS', params),
  ]
}
