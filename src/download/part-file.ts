import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { BlockPool } from '../platform/block-pool.ts'
import { isNetworkVolume } from '../platform/filesystem.ts'
import { createBlockWriter, type BlockWriter } from './block-writer.ts'
import { onDisk, whenOnDisk } from './on-disk.ts'
import type { Range } from './ranges.ts'
import type { Tuning } from './tuning.ts'

const syncAll = promisify(fsync)
const syncData = promisify(fdatasync)

/**
 * The page cache takes memory in pieces of the size of a write: with little ones it finds what was in
 * use just now, which for a fresh file is a quarter faster than 256 KiB at once (16 KiB: too many calls).
 */
const WRITE_BYTES = 64 << 10

/** The open file under a part. Every failure of the disk is DISK_WRITE. */
export class PartFile {
  readonly path: string
  readonly #gathered: BlockWriter | null
  /** The most that one system call gets. */
  readonly #writeBytes: number
  #fd: number | null
  /** What failed: the system tells of lost bytes once, and every later fsync would succeed. */
  #lost: Promise<void> | null = null

  constructor(path: string, blocks: BlockPool | null, { gather, blockBytes }: Tuning) {
    this.path = path
    this.#fd = onDisk(path, () => {
      mkdirSync(dirname(path), { recursive: true })
      return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
    })
    const isRemote = gather === 'always' || isNetworkVolume(dirname(path))
    this.#writeBytes = isRemote ? Number.POSITIVE_INFINITY : WRITE_BYTES
    const write = (all: readonly Buffer[], at: number) => this.#writeAll(all, at)
    this.#gathered =
      isRemote && blocks !== null ? createBlockWriter(blocks, write, blockBytes) : null
  }

  /** @throws when it is closed */
  get fd(): number {
    if (this.#fd === null) throw new Error(`${this.path} is closed`)
    return this.#fd
  }

  get size(): number {
    return fstatSync(this.fd).size
  }

  get inode(): number {
    return fstatSync(this.fd).ino
  }

  /** @param onTaken called for each part of the bytes; those before a failure have been taken */
  write(bytes: Buffer, position: number, onTaken: (count: number) => void): void {
    if (this.#gathered === null) return this.#writeThrough(bytes, position, onTaken)
    this.#gathered.write(bytes, position)
    onTaken(bytes.length)
  }

  /** False when the disk has lost something that it took: only what was synced before is there. */
  get isSure(): boolean {
    return this.#lost === null
  }

  /** What was taken and waits in memory for more. */
  pending(): Range[] {
    return this.#gathered?.pending() ?? []
  }

  flush(): void {
    this.#gathered?.flush()
  }

  /** Forget what waits in memory. */
  drop(): void {
    this.#gathered?.drop()
  }

  /** Go on with an empty file: another one, with an inode of its own. */
  startAnew(): void {
    this.drop()
    onDisk(this.path, () => {
      rmSync(this.path)
      closeSync(this.fd)
      this.#fd = null
      this.#fd = openSync(this.path, 'wx+', 0o644)
    })
    this.#lost = null
  }

  setLength(bytes: number): void {
    onDisk(this.path, () => ftruncateSync(this.fd, bytes))
  }

  rename(from: string, to: string): void {
    onDisk(to, () => renameSync(from, to))
  }

  /** Resolves when what has been written is on the disk. */
  async sync(what: 'data' | 'all'): Promise<void> {
    const syncing = whenOnDisk(this.path, (what === 'data' ? syncData : syncAll)(this.fd))
    try {
      await syncing
    } catch (error) {
      this.#lost ??= syncing
      throw error
    }
    await this.#lost
  }

  close(): void {
    this.drop()
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }

  /** In one system call, unless the system takes less. */
  #writeAll(buffers: readonly Buffer[], position: number): void {
    const taken = onDisk(this.path, () => writevSync(this.fd, buffers, position))
    let start = 0
    for (const bytes of buffers) {
      const at = Math.max(taken - start, 0)
      if (at < bytes.length) this.#writeThrough(bytes.subarray(at), position + start + at, () => {})
      start += bytes.length
    }
  }

  #writeThrough(bytes: Buffer, position: number, onTaken: (count: number) => void): void {
    for (let at = 0; at < bytes.length;) {
      const left = Math.min(bytes.length - at, this.#writeBytes)
      const count = onDisk(this.path, () => writeSync(this.fd, bytes, at, left, position + at))
      onTaken(count)
      at += count
    }
  }
}
