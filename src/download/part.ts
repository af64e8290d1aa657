import { createHash, type Hash } from 'node:crypto'
import { constants, mkdirSync, rmSync } from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { isDiskFailure } from '../platform/files.ts'
import { hashStart } from '../platform/hash-file.ts'
import { readJournal, validatorOf, writeJournal, type Journal } from './journal.ts'

type Algorithm = 'sha256' | 'md5'

/**
 * Open or create `<target>.part`. What an earlier run left in it counts when it came from the same
 * address; the hash catches up with it here. To be closed.
 * @param url without credentials
 * @throws DISK_WRITE, INTERRUPTED
 */
export async function openPart(
  ctx: Ctx,
  target: string,
  url: string,
  algorithm: Algorithm | null,
): Promise<Part> {
  const path = `${target}.part`
  const file = await onDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    return open(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  })
  const part = new Part(target, file, algorithm)
  try {
    await part.adopt(ctx, url)
    return part
  } catch (error) {
    await part.close()
    throw error
  }
}

/** The unfinished file `<target>.part`, its journal `<target>.part.json`, and the hash of its bytes. */
export class Part {
  /** Good bytes in it, from its beginning. */
  received = 0
  /** Bytes written in this run, those thrown away later included. */
  written = 0
  /** null: nothing is known about it, so none of it is good. */
  journal: Journal | null = null
  readonly path: string
  readonly #target: string
  readonly #journalPath: string
  readonly #algorithm: Algorithm | null
  #file: FileHandle | null
  #hash: Hash | null = null

  constructor(target: string, file: FileHandle, algorithm: Algorithm | null) {
    this.path = `${target}.part`
    this.#target = target
    this.#journalPath = `${target}.part.json`
    this.#algorithm = algorithm
    this.#file = file
  }

  /** Take over what an earlier run left, as far as it is about the same file. */
  async adopt(ctx: Ctx, url: string): Promise<void> {
    const journal = readJournal(this.#journalPath)
    if (journal === null || journal.url !== url || validatorOf(journal) === null) return
    const { size } = await this.#open.stat()
    if (journal.size !== null && size > journal.size) return
    await this.trust(ctx, size)
    this.journal = journal
  }

  /** Take the first `size` bytes of the file as good. */
  async trust(ctx: Ctx, size: number): Promise<void> {
    if (this.#algorithm !== null)
      this.#hash = await hashStart(ctx, this.path, this.#algorithm, size)
    this.received = size
  }

  /** True when another run could go on from here. */
  isResumable(): boolean {
    return this.received > 0 && this.journal !== null && validatorOf(this.journal) !== null
  }

  isWhole(): boolean {
    return this.journal !== null && this.journal.size === this.received
  }

  /** The bytes turned out to be of another file: the next answer has to start at byte 0. */
  forget(): void {
    this.received = 0
    this.journal = null
  }

  /** Begin an empty file that will hold what `journal` describes. */
  async restart(journal: Journal): Promise<void> {
    this.forget()
    this.#hash = this.#algorithm === null ? null : createHash(this.#algorithm)
    // Truncated first: the old bytes must never stand beside the new journal.
    await onDisk(this.path, () => this.#open.truncate(0))
    writeJournal(this.#journalPath, journal)
    this.journal = journal
  }

  async append(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const rest = chunk.subarray(at)
      const { bytesWritten } = await onDisk(this.path, () =>
        this.#open.write(rest, 0, rest.length, this.received),
      )
      this.#hash?.update(rest.subarray(0, bytesWritten))
      at += bytesWritten
      this.received += bytesWritten
      this.written += bytesWritten
    }
  }

  /** Hex digest of all bytes, once; null when no algorithm was asked for. */
  digest(): string | null {
    return this.#hash?.digest('hex') ?? null
  }

  /** Make it durable and give it its real name. */
  async finish(): Promise<void> {
    await onDisk(this.#target, async () => {
      await this.#open.truncate(this.received)
      await this.#open.sync()
      await this.close()
      await rename(this.path, this.#target)
    })
    removeIfPossible(this.#journalPath)
  }

  discard(): void {
    removeIfPossible(this.path)
    removeIfPossible(this.#journalPath)
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = null
  }

  get #open(): FileHandle {
    if (this.#file === null) throw new Error(`${this.path} is closed`)
    return this.#file
  }
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (systemCode(error) === null) throw error
    throw new ComfypinError('DISK_WRITE', { path, reason: reasonOf(error) }, { cause: error })
  }
}

/** A disk that refuses even this has been reported already. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    if (!isDiskFailure(error)) throw error
  }
}
