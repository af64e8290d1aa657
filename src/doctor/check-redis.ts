import type { Ctx } from '../core/context.ts'
import { reasonOf, systemCode } from '../core/errors.ts'
import { compareReleases } from '../python/package-names.ts'
import { askRedis } from './ask-redis.ts'
import { finding } from './finding.ts'
import type { Check, RawFinding } from './types.ts'

/** What BullMQ needs. */
const OLDEST_REDIS = '6.2'

/** The Redis of the job queue, when one is configured: it answers, and never drops jobs. */
export const checkRedis: Check = { name: 'redis', timeoutMs: 10_000, run }

async function run(ctx: Ctx): Promise<RawFinding[]> {
  const { redisUrl } = ctx.settings
  if (redisUrl === null) return [finding('REDIS_NONE', {})]
  if (!/^rediss?:\/\//.test(redisUrl) || !URL.canParse(redisUrl)) return [finding('REDIS_ODD', {})]
  const address = new URL(redisUrl)
  const { host } = address
  try {
    const answer = await askRedis(ctx, address)
    if ('refusal' in answer) return [finding('REDIS_REFUSED', { host, reason: answer.refusal })]
    return judge(host, answer.facts)
  } catch (error) {
    if (ctx.signal.aborted) throw error
    const code = isUntrusted(error) ? 'REDIS_UNTRUSTED' : 'REDIS_UNREACHABLE'
    return [finding(code, { host, reason: reasonOf(error) })]
  }
}

/** How OpenSSL and Node call a certificate that they do not accept. */
function isUntrusted(error: unknown): boolean {
  return /CERT|VERIFY|ISSUER|HOSTNAME_MISMATCH/.test(systemCode(error) ?? '')
}

function judge(host: string, facts: ReadonlyMap<string, string>): RawFinding[] {
  const version = facts.get('redis_version') ?? '?'
  const policy = facts.get('maxmemory_policy') ?? 'noeviction'
  const isOld = version !== '?' && compareReleases(version, OLDEST_REDIS) < 0
  return [
    isOld
      ? finding('REDIS_OLD', { host, version, oldest: OLDEST_REDIS })
      : finding('REDIS_OK', { host, version }),
    ...(policy === 'noeviction' ? [] : [finding('REDIS_EVICTS', { host, policy })]),
  ]
}
