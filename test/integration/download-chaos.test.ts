import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isComfypinError } from '../../src/core/errors.ts'
import type { Tuning } from '../../src/download/tuning.ts'
import type { TransferRequest } from '../../src/download/types.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { startChaosServer, type Chaos, type ChaosRequest } from '../helpers/chaos-server.ts'
import { createDownload, EAGER } from '../helpers/download.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

const MAX_BYTES = 60_000
const bytes = randomBytes(MAX_BYTES)
const otherBytes = randomBytes(MAX_BYTES)

/** A file, and what goes wrong with the requests for it, one after the other; then all is well. */
interface Schedule {
  size: number
  faults: (Chaos | null)[]
  /** From this request on the server has another file. */
  changesAt: number | null
  hasChecksum: boolean
  /** Written in big blocks, as on a network volume. */
  gathers: boolean
}

const anywhere = fc.nat(20_000)
const fault: fc.Arbitrary<Chaos | null> = fc.oneof(
  fc.constant(null),
  fc.record({ dropAfter: anywhere }),
  fc.record({ resetAfter: anywhere }),
  fc.record({ stallAfter: anywhere }),
  fc.record({ slowStartMs: fc.nat(60) }),
  fc.record({ bytesPerSecond: fc.constantFrom(500_000, 3_000_000) }),
  fc.record({ delayMs: fc.nat(60), dropAfter: anywhere }),
  fc.record({ status: fc.constantFrom(429, 500, 503), retryAfter: fc.constant('0') }),
  fc.record({ status: fc.constantFrom(403, 404, 410) }),
  fc.record({
    garbage: fc.constantFrom('nonsense\r\n\r\n', 'HTTP/1.1 200 OK\r\nbroken\r\n\r\n', ''),
  }),
  fc.record({ ignoreRange: fc.constant(true), dropAfter: fc.option(anywhere, { nil: undefined }) }),
  fc.record({ etag: fc.constant('"another"'), ignoreIfRange: fc.boolean() }),
  fc.record({
    contentRange: fc.constantFrom('bytes 0-9/10', 'bytes 5-4/3', 'none', 'bytes 0-9/*'),
  }),
  fc.record({ contentLength: fc.nat(MAX_BYTES) }),
  fc.record({
    framing: fc.constantFrom('chunked', 'close'),
    dropAfter: fc.option(anywhere, { nil: undefined }),
  }),
  fc.record({ contentEncoding: fc.constant('gzip') }),
  fc.record({
    without: fc.constantFrom(['etag'], ['accept-ranges'], ['content-range'], ['content-length']),
  }),
  fc.record({
    redirectTo: fc.constantFrom('/loop', '?again', 'http://127.0.0.2:1/', 'file:///etc/passwd'),
  }),
  fc.record({ hang: fc.constant(true) }),
) as fc.Arbitrary<Chaos | null>

const schedule: fc.Arbitrary<Schedule> = fc.record({
  size: fc.oneof(fc.nat(MAX_BYTES), fc.constantFrom(0, 1, 4096, MAX_BYTES)),
  faults: fc.array(fault, { maxLength: 8 }),
  changesAt: fc.option(fc.nat(6), { freq: 4 }),
  hasChecksum: fc.boolean(),
  gathers: fc.boolean(),
})

/** Many at once: most of a schedule is waiting. */
const AT_ONCE = 50

test(
  'a thousand schedules of faults end with the right bytes, or with an error that leaves the rest to the next run',
  { timeout: 300_000 },
  async () => {
    const schedules = new Map<string, Schedule>()
    const server = await startChaosServer({
      files: new Map(),
      chaos: (request) => chaosOf(schedules, request),
    })
    whenOver(server.stop)
    const dir = tempDir('chaos')
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(schedule, { minLength: AT_ONCE, maxLength: AT_ONCE }),
        async (many) => {
          const agents = createHttpAgents()
          try {
            await Promise.all(
              many.map(async (one) => {
                const path = `/${count++}`
                schedules.set(path, one)
                await follow(one, `${server.url}${path}`, join(dir, path), agents)
              }),
            )
          } finally {
            destroyAgents(agents)
          }
        },
      ),
      { numRuns: 1000 / AT_ONCE, endOnFailure: true },
    )
    expect(count).toBeGreaterThanOrEqual(1000)
  },
)

function chaosOf(schedules: ReadonlyMap<string, Schedule>, request: ChaosRequest): Chaos | null {
  const plan = schedules.get(request.path.replace(/\?.*/, ''))
  if (plan === undefined) return { status: 404 }
  const body = versionAt(plan, request.index)
  const chaos = plan.faults[request.index] ?? {}
  return { body, ...(plan.hasChecksum || !isSecretLie(chaos, body) ? chaos : {}) }
}

/** A file that is shorter than it should be and looks whole: only a checksum could tell. */
function isSecretLie({ framing, dropAfter, contentLength }: Chaos, body: Buffer): boolean {
  return (
    (framing === 'close' && dropAfter !== undefined) || (contentLength ?? body.length) < body.length
  )
}

function versionAt({ size, changesAt }: Schedule, index: number): Buffer {
  const isNew = changesAt !== null && index >= changesAt
  return isNew ? otherBytes.subarray(0, size) : bytes.subarray(0, size)
}

/** Run until it succeeds; every fault strikes once, so that it does. */
async function follow(
  plan: Schedule,
  url: string,
  target: string,
  agents: TransferRequest['agents'],
): Promise<void> {
  const settings = { downloadStallMs: 120, downloadConnections: 6 }
  const latest = versionAt(plan, Number.POSITIVE_INFINITY)
  const allowed = [latest, ...(plan.hasChecksum ? [] : [versionAt(plan, 0)])]
  const hex = createHash('sha256').update(latest).digest('hex')
  const checksum = plan.hasChecksum ? ({ algorithm: 'sha256', hex } as const) : null
  const tuning: Tuning = plan.gathers ? { ...EAGER, gather: 'always', blockBytes: 8192 } : EAGER
  for (let run = 0; ; run++) {
    const download = createDownload(url, { settings, target, tuning })
    try {
      const result = await download.run({ checksum, agents })
      const got = readFileSync(target)
      if (!allowed.some((one) => one.equals(got)))
        throw new Error(`wrong bytes (${got.length}) after ${JSON.stringify(plan)}`)
      expect(result.size).toBe(got.length)
      expect([`${target}.part`, `${target}.part.json`].filter(existsSync)).toEqual([])
      return rmSync(target)
    } catch (error) {
      if (!isComfypinError(error)) throw error
      expect(['DOWNLOAD_HTTP', 'DOWNLOAD_FAILED', 'DOWNLOAD_SIZE', 'DOWNLOAD_CHECKSUM']).toContain(
        error.code,
      )
      expect(existsSync(target)).toBe(false)
      expect(run).toBeLessThan(12)
    }
  }
}
