import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import pMap from 'p-map'
import type { Ctx } from '../core/context.ts'
import { hasCode, reasonOf } from '../core/errors.ts'
import { isDiskFailure, lstatIfExists, randomName } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import { createHttpAgents, destroyAgents, openUrl, type HttpAgents } from '../platform/open-url.ts'
import { factOf, type FileFact, type MissingFile, type TreeFiles } from '../platform/tree-files.ts'
import { mirrored, type RepoAddress } from './address.ts'
import { askBatch, type LfsObject } from './lfs-batch.ts'
import type { LfsPointer } from './lfs-pointers.ts'

export interface LfsRequest {
  address: RepoAddress
  /** The tree that holds the pointers. */
  dir: string
  pointers: readonly LfsPointer[]
  /** An older copy of the tree, whose files are taken when their content is right. */
  donor: string | null
  /** Staging on the same filesystem. */
  tmp: string
}

/** The batch API takes at least this many in one request. */
const BATCH = 100

/**
 * Put the content of LFS files in the place of their pointers: from an older copy of the tree, from
 * the object folder of a local repository, or from the remote's LFS server (git-lfs itself is not
 * needed). What cannot be had stays a pointer and is told; that is never a failure of the checkout.
 * @throws INTERRUPTED, DISK_WRITE
 */
export async function fetchLfs(ctx: Ctx, request: LfsRequest): Promise<TreeFiles> {
  if (request.pointers.length === 0) return { files: {}, missing: [] }
  mkdirSync(request.tmp, { recursive: true })
  const files: Record<string, FileFact> = {}
  const missing: MissingFile[] = []
  const fetched = (pointer: LfsPointer) => {
    files[pointer.path] = factOf(join(request.dir, pointer.path), pointer.oid)
  }
  const wanted: LfsPointer[] = []
  for (const pointer of request.pointers)
    if (await takeLocal(ctx, request, pointer)) fetched(pointer)
    else wanted.push(pointer)
  const agents = createHttpAgents()
  try {
    for (let at = 0; at < wanted.length; at += BATCH) {
      const batch = wanted.slice(at, at + BATCH)
      for (const [pointer, reason] of await fetchBatch(ctx, request, batch, agents))
        if (reason === null) fetched(pointer)
        else missing.push({ path: pointer.path, repo: null, reason })
    }
  } finally {
    destroyAgents(agents)
  }
  return { files, missing }
}

/** From the donor, or from a local repository: where git-lfs keeps its objects. */
async function takeLocal(ctx: Ctx, request: LfsRequest, pointer: LfsPointer): Promise<boolean> {
  const { oid, path } = pointer
  const object = join('lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid)
  const { kind, url } = request.address
  const places = [
    ...(request.donor === null ? [] : [join(request.donor, path)]),
    ...(kind === 'local' ? [join(url, object), join(url, '.git', object)] : []),
  ]
  for (const place of places) {
    const stats = lstatIfExists(place)
    if (stats?.isFile() !== true || stats.size !== pointer.sizeBytes) continue
    if ((await hashFile(ctx, place, 'sha256')) !== oid) continue
    const staged = join(request.tmp, `lfs-${randomName()}`)
    copyFileSync(place, staged, constants.COPYFILE_FICLONE)
    putInPlace(staged, join(request.dir, path))
    return true
  }
  return false
}

/** Each pointer with null when its content is there now, else with the reason. */
async function fetchBatch(
  ctx: Ctx,
  request: LfsRequest,
  pointers: readonly LfsPointer[],
  agents: HttpAgents,
): Promise<[LfsPointer, string | null][]> {
  const endpoint = lfsEndpoint(ctx, request.address)
  if (endpoint === null || ctx.settings.offline === true) {
    const reason = endpoint === null ? 'the repository has no LFS server' : 'offline'
    return pointers.map((pointer) => [pointer, reason])
  }
  let places: Map<string, LfsObject>
  try {
    places = await askBatch(ctx, endpoint, pointers, agents)
  } catch (error) {
    const reason = tolerate(ctx, error)
    return pointers.map((pointer) => [pointer, reason])
  }
  return pMap(
    pointers,
    async (pointer) => {
      const place = places.get(pointer.oid) ?? { refused: 'the server does not know it' }
      return [pointer, await fetchObject(ctx, request, pointer, place, agents)]
    },
    { concurrency: ctx.settings.downloadConcurrency },
  )
}

/** `<repository>.git/info/lfs`; what is fetched over ssh has its LFS server on https, as in git-lfs. */
function lfsEndpoint(ctx: Ctx, { kind, url }: RepoAddress): URL | null {
  const scp = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)\/?(.+)$/.exec(url)
  const web =
    kind === 'http'
      ? mirrored(ctx.settings, url)
      : kind === 'ssh'
        ? scp === null
          ? url.replace(/^ssh:\/\/(?:[^@/]*@)?([^:/]+)(?::\d+)?/i, 'https://$1')
          : `https://${scp[1]}/${scp[2]}`
        : null
  if (web === null) return null
  const full = `${web.replace(/\/+$/, '').replace(/\.git$/, '')}.git/info/lfs`
  return URL.canParse(full) ? new URL(full) : null
}

async function fetchObject(
  ctx: Ctx,
  { dir, tmp }: LfsRequest,
  pointer: LfsPointer,
  place: LfsObject,
  agents: HttpAgents,
): Promise<string | null> {
  if ('refused' in place) return place.refused
  const staged = join(tmp, `lfs-${randomName()}`)
  try {
    await receive(ctx, place, pointer, staged, agents)
    putInPlace(staged, join(dir, pointer.path))
    return null
  } catch (error) {
    return tolerate(ctx, error)
  } finally {
    rmSync(staged, { force: true })
  }
}

/** @throws Error when the bytes are not those that the pointer promises */
async function receive(
  ctx: Ctx,
  { url, headers }: { url: string; headers: Readonly<Record<string, string>> },
  { oid, sizeBytes }: LfsPointer,
  staged: string,
  agents: HttpAgents,
): Promise<void> {
  const idleMs = ctx.settings.downloadStallMs
  // The headers are meant for the host of `url` and may carry a login.
  const request = { method: 'GET', url, headers: {}, ownHeaders: headers, agents, idleMs } as const
  const { status, body, url: from } = await openUrl(ctx, request)
  if (status !== 200) {
    body.discard()
    throw new Error(`${new URL(from).host} answers ${status}`)
  }
  const hash = createHash('sha256')
  const fd = openSync(staged, 'wx')
  let size = 0
  try {
    for await (const chunk of body.chunks(idleMs)) {
      size += chunk.length
      if (size > sizeBytes) throw new Error('the server sends more than the pointer says')
      hash.update(chunk)
      for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at)
    }
  } finally {
    closeSync(fd)
    body.discard()
  }
  if (hash.digest('hex') !== oid) throw new Error('the content is not what the pointer says')
}

/** The pointer's mode stays. */
function putInPlace(staged: string, target: string): void {
  chmodSync(staged, lstatSync(target).mode & 0o777)
  renameSync(staged, target)
}

/** The reason of a failure that costs no more than the file; others are thrown. */
function tolerate(ctx: Ctx, error: unknown): string {
  if (ctx.signal.aborted || hasCode(error, 'INTERRUPTED', 'DISK_WRITE', 'GIT_MISSING')) throw error
  if (isDiskFailure(error)) throw error
  return reasonOf(error)
}
