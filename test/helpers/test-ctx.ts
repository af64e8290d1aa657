import type { Ctx } from '../../src/core/context.ts'
import { systemClock } from '../../src/core/context.ts'
import type { ComfypinEvent } from '../../src/core/events.ts'
import type { Settings } from '../../src/core/settings.ts'
import { parseSettings } from '../../src/platform/settings.ts'

export interface TestCtx {
  ctx: Ctx
  /** Everything emitted so far. */
  events: ComfypinEvent[]
  /** Resolves with the first event that `wanted` accepts, past ones included. */
  waitFor: <T extends ComfypinEvent>(wanted: (event: ComfypinEvent) => event is T) => Promise<T>
  abort: () => void
}

/** A context whose events are kept and whose signal the test owns. */
export function createTestCtx(settings: Partial<Settings> = {}): TestCtx {
  const events: ComfypinEvent[] = []
  const listeners = new Set<(event: ComfypinEvent) => void>()
  const controller = new AbortController()
  const ctx: Ctx = {
    emit: (event) => {
      events.push(event)
      for (const listener of listeners) listener(event)
    },
    signal: controller.signal,
    settings: { ...parseSettings(process.env), ...settings },
    clock: systemClock,
  }
  const waitFor: TestCtx['waitFor'] = (wanted) =>
    new Promise((resolve) => {
      const past = events.find(wanted)
      if (past !== undefined) return resolve(past)
      const listener = (event: ComfypinEvent) => {
        if (!wanted(event)) return
        listeners.delete(listener)
        resolve(event)
      }
      listeners.add(listener)
    })
  return { ctx, events, waitFor, abort: () => controller.abort() }
}
