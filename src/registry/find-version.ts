import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import type { HttpAgents } from '../platform/open-url.ts'
import { createRegistryClient, type RegistryClient } from './client.ts'
import type { RegistryVersion } from './types.ts'
import { loadRanges } from './version-range.ts'

/** A version that may be installed, with the address of its archive. */
export type FoundVersion = RegistryVersion & { url: string }

/**
 * The version of a registry pack that a spec asks for, of all that satisfy it: active ones before
 * those that nobody has approved, and the newest of them. What is banned or deleted is never taken;
 * what is pending, flagged or deprecated is told.
 * @param wanted exact version or range; null: the newest
 * @throws REGISTRY_FAILED, REGISTRY_NOT_FOUND, REGISTRY_BANNED
 */
export async function findVersion(
  ctx: Ctx,
  agents: HttpAgents,
  id: string,
  wanted: string | null,
): Promise<FoundVersion> {
  const client = createRegistryClient(ctx, agents)
  const ranges = await loadRanges()
  const exact = wanted === null ? null : ranges.exact(wanted)
  const [pack, found] = await Promise.all([
    client.pack(id),
    exact === null ? client.versions(id) : client.version(id, exact),
  ])
  if (pack === null || pack.deleted)
    throw new ComfypinError('REGISTRY_NOT_FOUND', {
      id,
      version: wanted ?? 'latest',
      known: 'nothing',
    })
  if (pack.banned || found === 'banned')
    throw new ComfypinError('REGISTRY_BANNED', {
      id,
      version: wanted ?? 'latest',
      known: 'nothing',
    })
  const isGood = found !== null && !Array.isArray(found) && isUsable(found)
  const all = isGood ? [found] : await allVersions(client, id, found)
  const best = ranges.best(all.filter(isUsable), wanted)
  if (best === null) throw refusal(id, wanted, all, ranges.satisfies)
  warnOf(ctx, id, best)
  return withUrl(ctx, client, id, best)
}

function isUsable({ status }: RegistryVersion): boolean {
  return status !== 'banned' && status !== 'deleted'
}

async function allVersions(
  client: RegistryClient,
  id: string,
  found: RegistryVersion | RegistryVersion[] | null,
): Promise<RegistryVersion[]> {
  if (Array.isArray(found)) return found
  const listed = await client.versions(id)
  return Array.isArray(listed) ? listed : found === null ? [] : [found]
}

function refusal(
  id: string,
  wanted: string | null,
  all: readonly RegistryVersion[],
  satisfies: (version: string, wanted: string | null) => boolean,
): ComfypinError {
  const known = all.filter(isUsable).map(({ version }) => version)
  const banned = all.find(
    ({ version, status }) => status === 'banned' && satisfies(version, wanted),
  )
  const text = known.length === 0 ? 'nothing' : known.slice(0, 12).join(', ')
  return banned === undefined
    ? new ComfypinError('REGISTRY_NOT_FOUND', { id, version: wanted ?? 'latest', known: text })
    : new ComfypinError('REGISTRY_BANNED', { id, version: banned.version, known: text })
}

function warnOf(ctx: Ctx, id: string, { version, status, deprecated }: RegistryVersion): void {
  if (status !== 'active')
    ctx.emit({ type: 'warning', code: 'REGISTRY_NOT_ACTIVE', params: { id, version, status } })
  if (deprecated)
    ctx.emit({ type: 'warning', code: 'REGISTRY_DEPRECATED', params: { id, version } })
}

/** Lists may leave the address out. */
async function withUrl(
  ctx: Ctx,
  client: RegistryClient,
  id: string,
  best: RegistryVersion,
): Promise<FoundVersion> {
  const asked = best.url === null ? await client.version(id, best.version) : best
  const url = asked === 'banned' || asked === null ? null : asked.url
  if (url !== null && isArchiveAddress(ctx, url)) return { ...best, url }
  const reason = `${best.version} has no archive that can be fetched`
  const endpoint = ctx.settings.registryEndpoint
  throw new ComfypinError('REGISTRY_FAILED', { id, reason, endpoint })
}

/** An archive comes over https, unless the registry itself does not (a mirror on the same machine). */
function isArchiveAddress(ctx: Ctx, url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, username } = new URL(url)
  const isPlain = protocol === 'http:' && ctx.settings.registryEndpoint.startsWith('http:')
  return (protocol === 'https:' || isPlain) && username === ''
}
