import { createLogUpdate } from 'log-update'
import type { Emit } from '../core/events.ts'
import { lineOf, type ReporterOptions } from './plain.ts'
import { createUnderWay } from './under-way.ts'

/**
 * Lines for what is done, live lines below for what is under way: steps, and transfers with rate and
 * time left; where there are several, a line for all of them, finished ones included.
 */
export function terminalReporter(
  options: ReporterOptions & {
    stream: NodeJS.WritableStream & { readonly columns?: number }
    now(): number
  },
): Emit & { close(): void } {
  const { language, verbose, stream, now } = options
  const live = createLogUpdate(stream)
  const underWay = createUnderWay(language, now)
  const names = new Map<string, string>()
  let drawn = 0
  const draw = (force: boolean) => {
    if (!force && now() - drawn < REDRAW_MS) return
    drawn = now()
    const lines = underWay.lines((stream.columns ?? 80) - INDENT.length).slice(-MAX_LINES)
    if (lines.length === 0) live.clear()
    else live(lines.map((line) => INDENT + line).join('\n'))
  }
  const report: Emit = (event) => {
    underWay.take(event)
    if (event.type === 'download.start') names.set(event.id, event.name)
    const line = lineOf(event, language, verbose, names)
    if (line !== null) {
      live.clear()
      options.write(`${line}\n`)
    }
    draw(line !== null)
  }
  const close = () => {
    live.clear()
    live.done()
  }
  return Object.assign(report, { close })
}

const INDENT = '  '
const MAX_LINES = 12
const REDRAW_MS = 80
