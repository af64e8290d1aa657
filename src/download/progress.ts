import { basename } from 'node:path'
import type { Ctx } from '../core/context.ts'

/** Often enough for a bar, seldom enough for a log. */
const INTERVAL_MS = 100

export interface Progress {
  /** `received` counts from the beginning of the file, bytes of earlier runs included. */
  at(received: number, size: number | null): void
  end(received: number): void
}

/** Emits `download.start` with the first known size, then progress at intervals, then the end. */
export function createProgress(ctx: Ctx, id: string, target: string): Progress {
  const started = ctx.clock.now()
  let last: number | null = null
  const at = (received: number, size: number | null) => {
    const now = ctx.clock.now()
    if (last === null) ctx.emit({ type: 'download.start', id, name: basename(target), size })
    else if (now - last < INTERVAL_MS) return
    last = now
    ctx.emit({ type: 'download.progress', id, received, size })
  }
  return {
    at,
    end(received) {
      if (last === null) at(received, received)
      ctx.emit({ type: 'download.end', id, received, ms: ctx.clock.now() - started })
    },
  }
}
