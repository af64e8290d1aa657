import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { systemCode } from '../core/errors.ts'
import { lstatIfExists } from '../platform/files.ts'
import { homePaths, type HomePaths } from '../platform/paths.ts'
import { copiesIn, writtenFiles } from '../realize/pack-folder.ts'
import { readPackRecord } from '../realize/pack-record.ts'
import { readMarker } from '../realize/marker.ts'

export interface Survey {
  /** Bytes of all files, as they are listed. */
  size: number
  /** Bytes that deleting gives back: hard links into the caches give none. */
  frees: number
  files: number
  /** Files that comfypin did not make. */
  own: UserFiles
}

export interface UserFiles {
  count: number
  size: number
  /** The first few, relative to the home; of state, to the folder of the spec. */
  examples: string[]
}

const EXAMPLES = 20

/** What lies in a home, and what of it is the user's. Links are counted and never followed. */
export function surveyHome(home: string): Survey {
  return survey(home, home, ownership(homePaths(home)))
}

/** Settings of packs that lie beside a spec may have no other place: all of it is the user's. */
export function surveyState(folder: string): Survey {
  return survey(folder, dirname(folder), () => false)
}

/** Of both together. */
export function joinUserFiles(a: UserFiles, b: UserFiles): UserFiles {
  const examples = [...a.examples, ...b.examples].slice(0, EXAMPLES)
  return { count: a.count + b.count, size: a.size + b.size, examples }
}

/** @param base where the paths of examples start */
function survey(folder: string, base: string, isOurs: (path: string) => boolean): Survey {
  const found: Survey = { size: 0, frees: 0, files: 0, own: { count: 0, size: 0, examples: [] } }
  visitFiles(folder, (path) => {
    const stats = lstatIfExists(path)
    if (stats === null) return // somebody works here; that is told later
    const { size, nlink } = stats
    found.files++
    found.size += size
    if (nlink === 1) found.frees += size
    const shown = relative(base, path)
    if (isOurs(shown)) return
    found.own.count++
    found.own.size += size
    if (found.own.examples.length < EXAMPLES) found.own.examples.push(shown)
  })
  return found
}

/** Files and folders at the top of a home that are made and remade by comfypin and by ComfyUI itself. */
const OURS =
  /^(?:\.comfypin\.json|\.comfypin-claim|\.comfypin-packs|\.venv|extra_model_paths\.yaml|temp|core|\.(?:venv\.|core-)?[0-9a-f]{12}\.(?:tmp|old))(?:\/|$)/

/** ComfyUI's database and logs: nothing that somebody made. */
const GENERATED =
  /^user\/(?:[^/]+\/)?comfyui[^/]*\.(?:db|db-wal|db-shm|db\.lock|lock|log)(?:\.[^/]+)?$/

/** Of a model store that only this home has, the index; its files may have no other place. */
const INDEX = /^models\/\.comfypin\/(?:sources|locks)\//

/** Copies of packs that a change of the spec put aside may hold settings. */
const KEPT = 'var/removed-packs/'

function ownership(home: HomePaths): (path: string) => boolean {
  const packs = packsOf(home)
  return (path) => {
    if (OURS.test(path) || GENERATED.test(path)) return true
    if (path.startsWith('var/')) return !path.startsWith(KEPT)
    const [top, name, ...below] = path.split('/')
    if (top === 'models') return INDEX.test(path) || isLinkAt(join(home.home, path))
    const pack = top === 'custom_nodes' && name !== undefined ? packs.get(name) : undefined
    return pack !== undefined && (pack === 'link' || !pack.has(below.join('/')))
  }
}

/** Of each pack in place: `link`, or the files of its copy that are the user's. */
function packsOf(home: HomePaths): Map<string, 'link' | ReadonlySet<string>> {
  const links = (readMarker(home.home)?.packs ?? []).flatMap(({ name, mode }) =>
    mode === 'link' && isLinkAt(join(home.customNodes, name)) ? [[name, 'link'] as const] : [],
  )
  const copies = [...copiesIn(home.packs)].flatMap(([name, checkout]) => {
    const path = join(home.customNodes, name)
    return lstatIfExists(path)?.isDirectory() === true
      ? [[name, changedFiles(path, checkout)] as const]
      : []
  })
  return new Map<string, 'link' | ReadonlySet<string>>([...links, ...copies])
}

/** What the import check saw the pack write by itself is not the user's; models' links are neither. */
function changedFiles(copy: string, checkout: string): ReadonlySet<string> {
  const seen = new Set(readPackRecord(`${checkout}.pack.json`)?.writes)
  const from = lstatIfExists(checkout) === null ? join(copy, '.no-checkout') : checkout
  return new Set(
    writtenFiles(copy, from).filter((path) => !seen.has(path) && !isLinkAt(join(copy, path))),
  )
}

function isLinkAt(path: string): boolean {
  return lstatIfExists(path)?.isSymbolicLink() === true
}

/** Never into what a link leads to. */
function visitFiles(dir: string, visit: (path: string) => void): void {
  if (lstatIfExists(dir)?.isSymbolicLink() === true) return visit(dir)
  for (const entry of entriesOf(dir)) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) visitFiles(path, visit)
    else visit(path)
  }
}

/** A folder that cannot be listed cannot be deleted either; that is told when it is tried. */
function entriesOf(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (error) {
    if (['EACCES', 'ENOENT'].includes(systemCode(error) ?? '')) return []
    throw error
  }
}
