import { rmSync } from 'node:fs'
import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import type { BlockPool } from '../platform/block-pool.ts'
import { bootId } from '../platform/boot-id.ts'
import { createFollowHash, type FollowHash } from '../platform/follow-hash.ts'
import type { HashAlgorithm } from '../platform/hash-file.ts'
import { readJournal, trustedRanges, validatorOf, writeJournal, type Identity } from './journal.ts'
import { onDisk, removeIfPossible } from './on-disk.ts'
import { PartFile } from './part-file.ts'
import { createRangePlan, type RangePlan, type Segment } from './plan-ranges.ts'
import { prefixOf, removeRange, type Range } from './ranges.ts'
import { TUNING, type Tuning } from './tuning.ts'

/** A smaller file is fetched again rather than kept track of. */
const JOURNAL_FROM_BYTES = 2 << 20
/** A smaller file is one write, whose end is the file's. */
const LENGTHEN_FROM_BYTES = 256 << 10
/** How much a killed process loses: less than one segment at full speed. */
const SAVE_BYTES = 4 << 20
const SAVE_MS = 1000
/** How much a power failure loses: so long a time of the transfer. More often would only slow it down. */
const SYNC_MS = 10_000
/** Files of unknown size have no end that ranges could be planned to. */
const ENDLESS = Number.MAX_SAFE_INTEGER

/**
 * Open or create `<target>.part`. What an earlier run left in it counts when it came from the same
 * address and can be told to be of the same file. To be closed.
 * @throws DISK_WRITE
 */
export function openPart(ctx: Ctx, options: PartOptions): Part {
  const part = new Part(ctx, options)
  part.adopt(options.url)
  return part
}

export interface PartOptions {
  readonly target: string
  /** Where the bytes come from, without credentials. */
  readonly url: string
  /** null: no hash is wanted. */
  readonly algorithm: HashAlgorithm | null
  /** Memory for big writes; null: whoever writes has big blocks already. */
  readonly blocks: BlockPool | null
  readonly tuning?: Tuning
}

/** The file `<target>.part` until it lands, its journal `<target>.part.json`, the hash of its bytes. */
export class Part {
  /** null: nothing is known about the file, so none of its bytes are good. */
  identity: Identity | null = null
  plan: RangePlan = createRangePlan(0)
  /** Bytes written in this run, those thrown away later included. */
  written = 0
  readonly #file: PartFile
  readonly #ctx: Ctx
  readonly #target: string
  readonly #journalPath: string
  readonly #algorithm: HashAlgorithm | null
  readonly #tuning: Tuning
  readonly #boot = bootId()
  #landed: number | null = null
  #hash: FollowHash | null = null
  #durable: Range[] = []
  #saved = { bytes: 0, at: 0 }
  #synced = { bytes: 0, at: 0 }
  #syncing: Promise<void> | null = null

  constructor(ctx: Ctx, { target, algorithm, blocks, tuning = TUNING }: PartOptions) {
    this.#ctx = ctx
    this.#tuning = tuning
    this.#target = target
    this.#journalPath = `${target}.part.json`
    this.#algorithm = algorithm
    this.#file = new PartFile(`${target}.part`, blocks, tuning)
  }

  /** Take over what an earlier run left, as far as it is about the same file. */
  adopt(url: string): void {
    const length = this.#file.size
    const journal = length === 0 ? null : readJournal(this.#journalPath)
    if (journal === null || journal.url !== url) return
    // One that has landed was whole and checked; no server has to say that it is the same file.
    if (journal.landed === null && validatorOf(journal) === null) return
    const ranges = trustedRanges(journal, this.#boot)
    if (journal.size === null || ranges.length === 0 || length < (ranges.at(-1)?.[1] ?? 0)) return
    const { size, etag, lastModified } = journal
    this.#start({ url, size, etag, lastModified }, ranges)
    this.#durable = [...journal.durable]
  }

  /** Bytes that are here. */
  get received(): number {
    return this.plan.received()
  }

  /** True when another run could go on from here. */
  isResumable(): boolean {
    const { identity } = this
    const isKnown = identity !== null && identity.size !== null && validatorOf(identity) !== null
    return isKnown && this.received > 0
  }

  isWhole(): boolean {
    return this.identity !== null && this.identity.size !== null && this.plan.isWhole()
  }

  /** The bytes turned out to be of another file. */
  forget(): void {
    this.#file.drop()
    this.identity = null
    this.plan = createRangePlan(0)
  }

  /**
   * Begin an empty file that will hold what `identity` describes: another file, so that no journal
   * of the old one can ever meet bytes of the new one, whatever reaches the disk first.
   */
  begin(identity: Identity): void {
    this.forget()
    if (this.#file.size > 0) {
      onDisk(this.#journalPath, () => rmSync(this.#journalPath, { force: true }))
      this.#file.startAnew()
    }
    this.#start(identity, [])
    // Sparse, but of its full length: writes that do not move the end are twice as fast on ext4.
    const { size } = identity
    if (size !== null && size >= LENGTHEN_FROM_BYTES) this.#file.setLength(size)
    this.#saveIfBig()
  }

  /** The file at `path` was made by others and holds all that `identity` describes. */
  complete(identity: Identity & { size: number }): void {
    this.#start(identity, identity.size === 0 ? [] : [[0, identity.size]])
  }

  /** Bytes of a segment that follow those it has; more than it wants are left out. */
  write(segment: Segment, chunk: Buffer): void {
    const bytes = chunk.subarray(0, segment.to - segment.at)
    this.#file.write(bytes, segment.at, (count) => {
      this.plan.advance(segment, count)
      this.written += count
    })
    if (this.received - this.#saved.bytes >= SAVE_BYTES) this.#saveIfBig()
  }

  /** The body of a file of unknown size is over: these are all bytes there are. */
  end(): void {
    if (this.identity === null) return
    const size = this.received
    this.identity = { ...this.identity, size }
    this.plan = createRangePlan(size, size === 0 ? [] : [[0, size]])
  }

  /** To be called now and then: keeps hash, journal and disk close behind what is received. */
  tend(): void {
    const { received } = this
    const now = this.#ctx.clock.now()
    if (this.#hash !== null) this.#hash.follow(prefixOf(this.#inFile()))
    if (isDue(this.#synced, received, now, Number.POSITIVE_INFINITY, SYNC_MS))
      this.#sync(received, now)
    if (isDue(this.#saved, received, now, SAVE_BYTES, SAVE_MS)) this.#saveIfBig()
  }

  /** Write down what is here. */
  save(): void {
    if (this.identity === null) return
    this.#saved = { bytes: this.received, at: this.#ctx.clock.now() }
    writeJournal(this.#journalPath, {
      ...this.identity,
      written: this.#inFile().map(([from, to]) => [from, to]),
      durable: this.#durable.map(([from, to]) => [from, to]),
      boot: this.#file.isSure ? this.#boot : null,
      landed: this.#landed,
    })
  }

  /** Hex digest of all bytes; null when no algorithm was asked for. */
  async digest(): Promise<string | null> {
    this.#file.flush()
    return (await this.#hash?.digest(this.received)) ?? null
  }

  /**
   * Give it its real name: from now on it can be used. Until `settle` a power failure can take bytes
   * of it, which the journal stays to tell. A file without one is on the disk before.
   */
  async land(): Promise<void> {
    this.#file.flush()
    await this.#release()
    this.#file.setLength(this.received)
    if (this.#isBig()) {
      this.#landed = this.#file.inode
      this.save()
    } else {
      await this.#file.sync('all')
      removeIfPossible(this.#journalPath) // of a run that was cut off
    }
    this.#file.rename(this.#file.path, this.#target)
  }

  /** Make what has landed durable; what the disk refuses is a part again. */
  async settle(): Promise<void> {
    if (!this.#isBig()) return
    try {
      await this.#file.sync('all')
    } catch (error) {
      this.#landed = null
      this.#file.rename(this.#target, this.#file.path)
      throw error
    }
    removeIfPossible(this.#journalPath)
  }

  /** Leave what another run can go on from, else nothing. */
  keep(): void {
    if (!this.isResumable()) return this.discard()
    try {
      this.#file.flush()
      this.save()
    } catch (error) {
      // What was saved before is still true; that the disk is full has been said already.
      if (!hasCode(error, 'DISK_WRITE')) throw error
    }
  }

  discard(): void {
    removeIfPossible(this.#file.path)
    removeIfPossible(this.#journalPath)
  }

  async close(): Promise<void> {
    await this.#release()
    this.#file.close()
  }

  #start(identity: Identity, ranges: readonly Range[]): void {
    const now = this.#ctx.clock.now()
    void this.#hash?.close()
    this.#hash =
      this.#algorithm === null ? null : createFollowHash(this.#ctx, this.#file.fd, this.#algorithm)
    this.identity = identity
    this.plan = createRangePlan(identity.size ?? ENDLESS, ranges, this.#tuning)
    this.#durable = []
    this.#saved = { bytes: this.received, at: now }
    this.#synced = { bytes: this.received, at: now }
  }

  /** What is here, without what waits in memory for more. */
  #inFile(): Range[] {
    return this.#file.pending().reduce(removeRange, this.plan.done())
  }

  #saveIfBig(): void {
    if (this.#isBig()) this.save()
  }

  #isBig(): boolean {
    return (this.identity?.size ?? 0) >= JOURNAL_FROM_BYTES
  }

  /** What is here now will be durable when the disk says so; a failure meets `settle` again. */
  #sync(received: number, now: number): void {
    if (this.#syncing !== null) return
    const { identity } = this
    const inFile = this.#inFile()
    this.#synced = { bytes: received, at: now }
    const keep = () => {
      if (this.identity === identity) this.#durable = inFile
    }
    this.#syncing = this.#file
      .sync('data')
      .then(keep, () => {})
      .then(() => void (this.#syncing = null))
  }

  /** Nothing else uses the open file any more. */
  async #release(): Promise<void> {
    await this.#hash?.close()
    await this.#syncing
  }
}

function isDue(
  last: { bytes: number; at: number },
  bytes: number,
  now: number,
  everyBytes: number,
  everyMs: number,
): boolean {
  return bytes - last.bytes >= everyBytes || (bytes > last.bytes && now - last.at >= everyMs)
}
