import { Worker } from 'node:worker_threads'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { createCrc32c } from './crc32c.ts'
import { hashOpenFile, type HashAlgorithm } from './hash-file.ts'

/** A thread costs some milliseconds and megabytes; less than this is hashed when all of it is here. */
const THREAD_FROM_BYTES = 32 << 20
/** Telling the thread costs something too. */
const STEP_BYTES = 4 << 20

/** The hash of a file that is being written: it follows the finished beginning of it. */
export interface FollowHash {
  /** All bytes before `prefix` are here, and stay what they are. */
  follow(prefix: number): void
  /**
   * Hex digest of the first `size` bytes, which are all here.
   * @throws INTERRUPTED
   */
  digest(size: number): Promise<string>
  /** Before the file is closed, or hashed anew. */
  close(): Promise<void>
}

/**
 * What is written is read back, usually from the page cache, by a thread: the connections go on
 * meanwhile, and hashing ends hardly later than the file.
 * @param fd open for reading until `close`
 */
export function createFollowHash(ctx: Ctx, fd: number, algorithm: HashAlgorithm): FollowHash {
  let thread: HashThread | null = null
  let told = 0
  return {
    follow(prefix) {
      if (prefix < THREAD_FROM_BYTES || prefix - told < STEP_BYTES) return
      thread ??= startThread(fd, algorithm)
      thread.follow(prefix)
      told = prefix
    },
    async digest(size) {
      const digest = await thread?.digest(size, ctx.signal)
      if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
      return digest ?? hashOpenFile(ctx, fd, algorithm, size)
    },
    async close() {
      await thread?.close()
      thread = null
      told = 0
    },
  }
}

interface HashThread {
  follow(prefix: number): void
  /** null: the thread failed, or the signal came first. */
  digest(size: number, signal: AbortSignal): Promise<string | null>
  close(): Promise<void>
}

function startThread(fd: number, algorithm: HashAlgorithm): HashThread {
  // Its text is the program: a file of its own would have to be found, bundled or not.
  const program = `(${hashInThread.toString()})(${fd}, '${algorithm}', ${createCrc32c.toString()})`
  const worker = new Worker(program, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  })
  const outcome = new Promise<string | null>((resolve) => {
    worker.on('message', (digest: string) => resolve(digest))
    worker.on('error', () => resolve(null)) // then the file is hashed here, which tells the reason
    worker.on('exit', () => resolve(null))
  })
  return {
    follow: (prefix) => worker.postMessage({ to: prefix, isEnd: false }),
    digest(size, signal) {
      worker.postMessage({ to: size, isEnd: true })
      return Promise.race([outcome, aborted(signal)])
    },
    close: async () => void (await worker.terminate()),
  }
}

/** Runs in the thread: it knows nothing of this file, only what it gets. */
function hashInThread(fd: number, algorithm: HashAlgorithm, makeCrc: typeof createCrc32c): void {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const { readSync } = process.getBuiltinModule('node:fs')
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const hash = algorithm === 'crc32c' ? makeCrc() : createHash(algorithm)
  const block = Buffer.allocUnsafeSlow(1 << 20)
  let at = 0
  parentPort?.on('message', ({ to, isEnd }: { to: number; isEnd: boolean }) => {
    while (at < to) {
      const count = readSync(fd, block, 0, Math.min(block.length, to - at), at)
      if (count === 0) throw new Error('the file is shorter than was said')
      hash.update(block.subarray(0, count))
      at += count
    }
    if (isEnd) parentPort.postMessage(hash.digest('hex'))
  })
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}
