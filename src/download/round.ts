import { ComfypinError, hasCode, systemCode } from '../core/errors.ts'
import { asError } from '../platform/url-error.ts'
import { asFailure } from './failure.ts'
import { canRange, fetchSegment, IgnoredRange, type Job, type Worker } from './fetch-segment.ts'
import { createGrowth } from './growth.ts'
import { ChangedFile } from './judge-answer.ts'
import type { Segment } from './plan-ranges.ts'
import { listen, newBeat, sample } from './pulse.ts'
import type { Tuning } from './tuning.ts'

const BROKEN = ['ECONNRESET', 'ECLOSED', 'EPIPE']
/**
 * How many pieces each connection fetches, one after the other: later connections find something to
 * do, and a hash can follow from the front of the file.
 */
const PIECES = 1
const PIECES_HASHED = 4

/**
 * Fetch what is missing of a file over as many connections as help, until it is whole or until the
 * last connection has failed; then its failure is thrown. Connections that fail while others go on
 * are only fewer.
 * @throws TransientError when another try may help, else a ComfypinError
 */
export function runRound(job: Job): Promise<void> {
  return new Promise((resolve, reject) => {
    startRound(job, (failure) => {
      if (failure === null) return resolve()
      if (failure.error instanceof ChangedFile) job.part.forget()
      reject(asError(failure.error))
    })
  })
}

type Failure = { readonly error: unknown } | null

function startRound(job: Job, settle: (failure: Failure) => void): void {
  const { ctx, part, pool, progress } = job
  const workers = new Set<Worker>()
  let growth = newGrowth(job)
  let end: { failure: Failure } | null = null
  /** Until the first connection has shown what it brings, it is alone. */
  let isListening = false
  let listening: NodeJS.Timeout | undefined

  job.piece = () => pieceOf(job, growth.target())

  /** One more connection goes to work; false when there is nothing to do for it. */
  const spawn = (): boolean => {
    const worker: Worker = {
      segment: null,
      beat: newBeat(ctx.clock.now()),
      abort: new AbortController(),
      isAlone: () => workers.size === 1,
      begin: () => {
        growth = newGrowth(job)
        worker.segment = claim(job)
        isListening = true
        listening = setTimeout(judge, job.tuning.listenMs, part.received, ctx.clock.now())
      },
      proved: () => {
        job.ranges = 'proven'
        grow()
      },
    }
    workers.add(worker)
    const working = work(worker)
    working.then(
      () => leave(worker, null),
      (error: unknown) => leave(worker, { error: asFailure(job.request, part, error) }),
    )
    return worker.segment !== null
  }
  /** A server that fills this machine with one connection gets no more of them at once. */
  const judge = (before: number, since: number) => {
    isListening = false
    const rate = (part.received - before) / Math.max(ctx.clock.now() - since, 1)
    if (rate >= job.tuning.fastRate) growth = newGrowth(job, { startConnections: 1 })
    grow()
  }
  const grow = () => {
    if (end !== null || isListening || !canRange(job)) return
    const wanted = job.ranges === 'maybe' ? 2 : growth.target()
    while (workers.size < wanted && spawn());
  }
  const isGoingOn = () => end === null && !part.isWhole()
  const work = async (worker: Worker): Promise<void> => {
    while (isGoingOn()) {
      worker.beat = newBeat(ctx.clock.now())
      worker.abort = new AbortController()
      worker.segment = canRange(job) ? claim(job) : null
      if (worker.segment === null && !worker.isAlone()) return
      try {
        if ((await fetchSegment(job, worker)) === 'busy') return
      } catch (error) {
        if (worker.abort.signal.reason === HOME) return
        if (worker.abort.signal.reason !== AGAIN && !isWorthGoingOn(job, worker, error)) throw error
      } finally {
        if (worker.segment !== null) part.plan.release(worker.segment)
      }
      if (workers.size > Math.max(growth.target(), 1)) return
    }
  }
  const leave = (worker: Worker, failure: Failure) => {
    workers.delete(worker)
    if (failure !== null && (workers.size === 0 || isFinal(failure.error))) finish(failure)
    else if (failure !== null) {
      if (failure.error instanceof IgnoredRange) job.ranges = 'no'
      growth.fail(ctx.clock.now(), workers.size)
    }
    if (workers.size > 0) return
    if (end !== null) settle(end.failure)
    else if (part.isWhole()) finish(null)
    else spawn()
  }
  const finish = (failure: Failure) => {
    if (end !== null) return
    end = { failure }
    clearInterval(timer)
    clearTimeout(listening)
    ctx.signal.removeEventListener('abort', interrupt)
    for (const worker of workers) worker.abort.abort(HOME)
    if (workers.size === 0) settle(failure)
  }
  const interrupt = () => finish({ error: new ComfypinError('INTERRUPTED', {}) })

  const tick = () => {
    const now = ctx.clock.now()
    part.tend()
    if (part.identity !== null) progress.at(part.received, part.identity.size)
    for (const worker of workers) look(job, worker, now)
    restartSilent(job, workers, now)
    if (pool.isCrowded(ctx, workers.size)) [...workers].at(-1)?.abort.abort(HOME)
    growth.tick({
      now,
      received: part.received,
      connections: workers.size,
      answered: [...workers].filter(({ beat }) => beat.answeredAt !== null).length,
    })
    grow()
  }
  const timer = setInterval(tickOr, job.tuning.tickMs)
  /** What fails here is the disk. */
  function tickOr(): void {
    try {
      tick()
    } catch (error) {
      finish({ error })
    }
  }
  ctx.signal.addEventListener('abort', interrupt, { once: true })
  if (ctx.signal.aborted) return interrupt()
  spawn()
  if (job.ranges === 'proven') grow()
}

/** Why a connection is taken from a worker: it shall go on with another one, or stop working. */
const AGAIN = new Error('again with another connection')
const HOME = new Error('no longer needed')

function newGrowth({ ctx, part, tuning }: Job, more: Partial<Tuning> = {}) {
  const missing = (part.identity?.size ?? 0) - part.received
  return createGrowth(missing, ctx.settings.downloadConnections, { ...tuning, ...more })
}

function pieceOf(job: Job, connections: number): number {
  if (!canRange(job)) return Number.POSITIVE_INFINITY
  const missing = job.part.plan.size - job.part.received
  const pieces = job.request.checksum === null ? PIECES : PIECES_HASHED
  return Math.max(job.tuning.minPieceBytes, Math.ceil(missing / (connections * pieces)))
}

/** Work for one connection; when a hash follows, its way is cleared first. */
function claim({ part: { plan }, pulse, request, piece }: Job): Segment | null {
  const slowMs = pulse.slowMs()
  const front = request.checksum === null ? null : plan.claimFront(slowMs)
  return front ?? plan.claim(piece(), slowMs)
}

/** A broken connection that had brought something is simply opened again. */
function isWorthGoingOn(job: Job, { beat }: Worker, error: unknown): boolean {
  const isBroken = BROKEN.includes(systemCode(error) ?? '')
  return isBroken && beat.received >= job.tuning.worthBytes && canRange(job)
}

/** Nothing that another connection could do better. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof ChangedFile ||
    hasCode(error, 'DISK_WRITE', 'DISK_FULL', 'DOWNLOAD_SIZE', 'INTERRUPTED')
  )
}

/** Take the rate of a connection; one whose work others have taken over gets other work. */
function look({ pulse, tuning }: Job, { segment, beat, abort }: Worker, now: number): void {
  // Not more than a tick, however late it comes: bytes may be waiting for this process.
  listen(beat, tuning.tickMs)
  if (segment === null) return
  const isWaiting = beat.answeredAt === null && now - beat.startedAt < pulse.slowMs()
  if (!isWaiting) segment.rate = sample(beat, segment.rate, now)
  if (segment.at >= segment.to) abort.abort(AGAIN)
}

/**
 * A connection that gets nothing is replaced when it would be waited for: when it is the only one, or
 * when the others have nothing else to do.
 */
function restartSilent(job: Job, workers: ReadonlySet<Worker>, now: number): void {
  const isAlone = workers.size === 1
  if (!canRange(job) || (!isAlone && job.part.plan.unclaimed() > 0)) return
  const silent = [...workers].find(({ beat }) => job.pulse.isSilent(beat, now, isAlone))
  if (silent === undefined) return
  job.pulse.restarted()
  silent.abort.abort(AGAIN)
}
