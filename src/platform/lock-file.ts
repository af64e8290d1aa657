import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { asDiskWrite, placeNew, randomName, readTextIfExists } from './files.ts'

/** A holder on another machine proves that it lives by touching its file this often. */
const HEARTBEAT_MS = 10_000
const FOREIGN_STALE_MS = 60_000
const POLL_MS = 50

/**
 * Run `work` while holding the lock file `path`; other processes wait for it (R52).
 * A holder that died is replaced at once on its own machine (process id and its start time),
 * after a minute without a heartbeat on another one. `link` makes the creation atomic, on NFS too.
 */
export async function withLockFile<T>(ctx: Ctx, path: string, work: () => Promise<T>): Promise<T> {
  asDiskWrite(path, () => mkdirSync(dirname(path), { recursive: true }))
  const holder = await acquire(ctx, path)
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    removeIfUnchanged(path, holder)
  }
}

/** `host pid` of the process that holds a lock file now, without waiting; null when nobody does. */
export function holderOf(path: string): string | null {
  const holder = readTextIfExists(path)
  if (holder === null || isStaleLock(path, holder)) return null
  return holder.split(' ').slice(0, 2).join(' ')
}

/** Returns what the file says now that it is ours. */
async function acquire(ctx: Ctx, path: string): Promise<string> {
  const own = identity()
  let announced = ''
  const write = (staged: string) => writeFileSync(staged, own, { flag: 'wx' })
  while (!placeNew(path, (staged) => asDiskWrite(path, () => write(staged)))) {
    const holder = readTextIfExists(path)
    if (holder === null) continue
    if (isStaleLock(path, holder)) {
      removeIfUnchanged(path, holder)
      continue
    }
    if (announced !== holder) {
      announced = holder
      ctx.emit({ type: 'lock.wait', path, holder: holder.split(' ').slice(0, 2).join(' ') })
    }
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
    await delay(POLL_MS)
  }
  return own
}

/** `host pid start-time nonce`; the nonce tells two locks of one process apart. */
function identity(): string {
  return `${hostname()} ${process.pid} ${startTimeOf(process.pid) ?? '-'} ${randomName()}`
}

/** Whether the holder that a lock file names is dead. */
export function isStaleLock(path: string, holder: string): boolean {
  const [host, pid, started] = holder.split(' ')
  if (host !== hostname()) return Date.now() - (mtimeMs(path) ?? Date.now()) > FOREIGN_STALE_MS
  const now = startTimeOf(Number(pid))
  return now === null || (started !== '-' && now !== started)
}

/** Kernel start time of a process (Linux), `?` where the system does not tell, null when it is gone. */
function startTimeOf(pid: number): string | null {
  const stat = readTextIfExists(`/proc/${pid}/stat`)
  if (stat !== null) return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  if (process.platform === 'linux') return null
  try {
    process.kill(pid, 0)
    return '-'
  } catch (error) {
    return systemCode(error) === 'EPERM' ? '-' : null
  }
}

/**
 * Two waiters may find the same dead holder: only the one that moves that very file away goes on.
 * A holder that slept too long and lost its lock does not take away its successor's.
 */
function removeIfUnchanged(path: string, holder: string): void {
  if (readTextIfExists(path) !== holder) return
  const aside = `${path}.${randomName()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') !== holder) linkBack(aside, path)
  rmSync(aside, { force: true })
}

function linkBack(aside: string, path: string): void {
  try {
    linkSync(aside, path)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

/** A heartbeat that fails may cost the lock, never the work: a volume may be away for a moment. */
function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch (error) {
    if (systemCode(error) === null) throw error
  }
}

function mtimeMs(path: string): number | null {
  try {
    return statSync(path).mtimeMs
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
