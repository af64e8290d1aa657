import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { pathsOfFolder } from '../platform/checkout-tree.ts'
import { readlinkIfExists, readTextIfExists, statIfExists } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import { cachePaths, homePaths, type HomePaths } from '../platform/paths.ts'
import { targetOf } from '../models/placement.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { readVenv } from '../python/venv-state.ts'
import { readMarker, type Marker } from '../realize/marker.ts'
import { originPaths, packOrigin } from '../realize/origin.ts'
import { copiedFrom, packPlace } from '../realize/pack-folder.ts'
import { pinsOf } from '../resolve/lock-diff.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import type { Lock, LockPack } from '../resolve/types.ts'

/** What a home consists of: subject → value. Equal maps mean a reproduced version. */
export type Inventory = ReadonlyMap<string, string>

/**
 * The pins of a realized home and what is really there: commits of its packs, packages of its venv,
 * bytes of its models, generated files (R138). Paths of this machine are left out of the values.
 * @throws HOME_MISSING, LOCK_INVALID
 */
export async function inventoryOf(ctx: Ctx, home: string, id: string): Promise<Inventory> {
  const marker = readMarker(home)
  if (marker === null) throw new ComfypinError('HOME_MISSING', { id, home })
  const at = homePaths(home)
  const lock = parseLock(marker.lock, at.marker, marker.version_id)
  return new Map([
    ...pinsOf(lock),
    ...packFacts(ctx, at, lock),
    ...pythonFacts(ctx, at, marker),
    ...(await modelFacts(ctx, at, marker, lock)),
    ...generatedFacts(ctx, at, marker),
  ])
}

type Fact = readonly [subject: string, value: string]

/** Whatever lies in `custom_nodes` is imported, in the lock or not. */
function packFacts(ctx: Ctx, at: HomePaths, lock: Lock): Fact[] {
  const expected = new Map(lock.custom_nodes.map((pack) => [pack.name, placeInCache(ctx, pack)]))
  const names = listIfExists(at.customNodes).filter((name) => !/^(\.|__pycache__$)/.test(name))
  const absent = [...expected.keys()].filter((name) => !names.includes(name))
  return [
    ...absent.map((name): Fact => [`pack ${name}`, 'absent']),
    ...names.flatMap((name): Fact[] => {
      const place = packPlace(at, name)
      const checkout = readlinkIfExists(place.path) ?? copiedFrom(place)
      const wanted = expected.get(name) ?? null
      // as the lock says: its own line is enough
      if (wanted !== null && checkout?.endsWith(wanted) === true) return []
      return [[`pack ${name}`, pinIn(checkout) ?? 'not made by comfypin']]
    }),
  ]
}

/** Where a pack lies below the root of any cache; null: its pin is not known. */
function placeInCache({ settings }: Ctx, pack: LockPack): string | null {
  const cache = cachePaths(settings.cacheRoot)
  const origin = packOrigin(pack)
  if (origin === null) return null
  const { dir } = pathsOfFolder(originPaths(cache, origin), pack.subdir)
  return dir.slice(settings.cacheRoot.length)
}

/** A checkout's folder ends with its commit or version; one that is used in part has more behind it. */
function pinIn(checkout: string | null): string | null {
  return /\/checkouts\/.*@([^@/]+(?:\/[^@]*)?)$/.exec(checkout ?? '')?.[1] ?? null
}

function pythonFacts(ctx: Ctx, at: HomePaths, marker: Marker): Fact[] {
  const venv = readVenv(at.venv)
  if (venv === null) return [['python', 'no venv that runs']]
  const shared = cachePaths(ctx.settings.cacheRoot).pylock(marker.version_id)
  const pylock = readTextIfExists(at.pylock) ?? readTextIfExists(shared)
  return [
    ['python', venv.version],
    ['python lock', pylock === null ? 'absent' : `sha256:${sha256(pylock)}`],
    ...installedPackages(venv.sitePackages).map(({ name, version, distInfo }): Fact => {
      const origin = readTextIfExists(join(distInfo, 'direct_url.json'))
      const commit = /"commit_id"\s*:\s*"([^"]+)"/.exec(origin ?? '')?.[1]
      return [`package ${name}`, commit === undefined ? version : `${version} @${commit}`]
    }),
  ]
}

async function modelFacts(ctx: Ctx, at: HomePaths, marker: Marker, lock: Lock): Promise<Fact[]> {
  const roots = { modelsDir: marker.models_dir, home: at.home }
  const facts: Fact[] = []
  for (const model of lock.models) {
    const path = targetOf(roots, model)
    const isThere = statIfExists(path)?.isFile() === true
    const value = isThere ? `sha256:${await hashFile(ctx, path, 'sha256')}` : 'absent'
    facts.push([`bytes of ${model.target_path}`, value])
  }
  return facts
}

/** Their paths are those of a machine and a home; what they say apart from that must agree. */
function generatedFacts(ctx: Ctx, at: HomePaths, marker: Marker): Fact[] {
  const text = readTextIfExists(at.extraModelPaths)
  if (text === null) return [['extra_model_paths.yaml', 'absent']]
  const portable = text
    .replaceAll(marker.models_dir, '$MODELS_DIR')
    .replaceAll(at.home, '$COMFY_HOME')
    .replaceAll(ctx.settings.cacheRoot, '$COMFY_CACHE_ROOT')
  return [['extra_model_paths.yaml', `sha256:${sha256(portable)}`]]
}

function listIfExists(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
