import type { ComfypinEvent, Emit } from '../core/events.ts'
import type { ReporterOptions } from './plain.ts'

export interface LazyOptions extends ReporterOptions {
  /** Asked with the first event. A terminal gets live lines; null: plain ones. */
  terminal(): NodeJS.WritableStream | null
  now(): number
}

/**
 * A reporter that loads its rendering with the first event: commands that have nothing to tell
 * start without it. Events that come while it loads are kept in order.
 */
export function lazyReporter(options: LazyOptions): { emit: Emit; close(): Promise<void> } {
  const early: ComfypinEvent[] = []
  let reporter: (Emit & { close?(): void }) | null = null
  let loading: Promise<void> | null = null
  const load = async () => {
    const stream = options.terminal()
    const loaded =
      stream === null
        ? (await import('./plain.ts')).plainReporter(options)
        : (await import('./terminal.ts')).terminalReporter({ ...options, stream })
    for (const event of early) loaded(event)
    reporter = loaded
  }
  return {
    emit: (event) => {
      if (reporter !== null) return reporter(event)
      early.push(event)
      loading ??= load()
    },
    close: async () => {
      await loading
      reporter?.close?.()
    },
  }
}
