import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { transfer } from '../download/transfer.ts'
import { asDiskWrite } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { openUrl, type HttpAgents } from '../platform/open-url.ts'
import { cachePaths, type CachePaths } from '../platform/paths.ts'
import { archivePath } from '../registry/checkout.ts'
import type { RegistryPin } from '../registry/types.ts'

/** An archive whose hash nobody knows yet. */
export type UnpinnedArchive = Omit<RegistryPin, 'sha256'>

export function isArchiveHere(cache: CachePaths, pin: Pick<RegistryPin, 'sha256'>): boolean {
  return existsSync(archivePath(cache, pin))
}

/**
 * Download an archive into the cache and tell its sha256. An interrupted download goes on next time.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, DOWNLOAD_SIZE, DISK_FULL, DISK_WRITE, INTERRUPTED
 */
export async function keepArchive(
  ctx: Ctx,
  archive: UnpinnedArchive,
  agents: HttpAgents,
): Promise<string> {
  const cache = cachePaths(ctx.settings.cacheRoot)
  const name = createHash('sha256').update(archive.url).digest('hex').slice(0, 24)
  // The name is what a reporter shows.
  const staged = join(cache.tmp, `${archive.id}@${archive.version}-${name}.zip`)
  return withLockFile(ctx, join(cache.locks, `archive-${name}.lock`), async () => {
    asDiskWrite(cache.tmp, () => mkdirSync(cache.tmp, { recursive: true }))
    await download(ctx, archive, { target: staged, sha256: null, agents })
    const sha256 = await hashFile(ctx, staged, 'sha256')
    const place = archivePath(cache, { sha256 })
    asDiskWrite(place, () => {
      mkdirSync(dirname(place), { recursive: true })
      renameSync(staged, place)
    })
    return sha256
  })
}

/**
 * The archive of a pin, verified; downloaded unless it is here.
 * @returns true when it was downloaded
 * @throws as `keepArchive`; DOWNLOAD_CHECKSUM, ARCHIVE_REFUSED
 */
export async function fetchArchive(
  ctx: Ctx,
  cache: CachePaths,
  pin: RegistryPin,
  agents: HttpAgents,
): Promise<boolean> {
  const target = archivePath(cache, pin)
  const lock = join(cache.locks, `archive-${pin.sha256.slice(0, 24)}.lock`)
  return withLockFile(ctx, lock, async () => {
    if (isArchiveHere(cache, pin) && (await hashFile(ctx, target, 'sha256')) === pin.sha256)
      return false
    if (ctx.settings.offline === true)
      throw new ComfypinError('ARCHIVE_REFUSED', {
        id: pin.id,
        version: pin.version,
        reason: 'it is not whole in the cache, and the network may not be used',
      })
    asDiskWrite(target, () => mkdirSync(dirname(target), { recursive: true }))
    await download(ctx, pin, { target, sha256: pin.sha256, agents })
    return true
  })
}

async function download(
  ctx: Ctx,
  { id, version, url }: UnpinnedArchive,
  { target, sha256, agents }: { target: string; sha256: string | null; agents: HttpAgents },
): Promise<void> {
  await transfer(ctx, {
    id: `registry:${id}`,
    source: `registry:${id}@${version}`,
    url,
    headers: {},
    target,
    expectedSize: null,
    checksum: sha256 === null ? null : { algorithm: 'sha256', hex: sha256 },
    describe: (status) =>
      status === 'page'
        ? 'its address shows a web page'
        : 'the registry names an archive that is not there',
    renew: null,
    agents,
  })
}

/**
 * The sha256 of an archive, with nothing written (dry runs).
 * @throws DOWNLOAD_FAILED, INTERRUPTED
 */
export async function hashArchive(
  ctx: Ctx,
  { id, version, url }: UnpinnedArchive,
  agents: HttpAgents,
): Promise<string> {
  const idleMs = ctx.settings.downloadStallMs
  const source = `registry:${id}@${version}`
  try {
    const request = { method: 'GET', url, headers: {}, ownHeaders: {}, agents, idleMs } as const
    const { status, body } = await openUrl(ctx, request)
    const hash = createHash('sha256')
    for await (const chunk of body.chunks(idleMs)) hash.update(chunk)
    if (status === 200) return hash.digest('hex')
    const hint = 'the registry names an archive that is not there'
    throw new ComfypinError('DOWNLOAD_HTTP', { source, status, hint })
  } catch (error) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {}, { cause: error })
    if (error instanceof ComfypinError) throw error
    const reason = reasonOf(error)
    throw new ComfypinError('DOWNLOAD_FAILED', { source, reason, received: '0' }, { cause: error })
  }
}

/** Size of an archive on its server; null: it does not say. */
export async function archiveSize(
  ctx: Ctx,
  { url }: UnpinnedArchive,
  agents: HttpAgents,
): Promise<number | null> {
  const idleMs = ctx.settings.gitTimeoutMs
  try {
    const request = { method: 'HEAD', url, headers: {}, ownHeaders: {}, agents, idleMs } as const
    const { status, headers, body } = await openUrl(ctx, request)
    body.discard()
    const size = Number(headers['content-length'] ?? Number.NaN)
    return status === 200 && Number.isSafeInteger(size) ? size : null
  } catch (error) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {}, { cause: error })
    return null // only asked: the download will tell what is wrong
  }
}
