import { createLogUpdate } from 'log-update'
import type { Emit } from '../core/events.ts'
import { createLiveBoard } from './live-board.ts'
import { lineOf, type ReporterOptions } from './plain.ts'

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
  const board = createLiveBoard(language, now)
  let drawn = 0
  const draw = (force: boolean) => {
    if (!force && now() - drawn < DRAW_MS) return
    drawn = now()
    const lines = board.lines((stream.columns ?? 80) - INDENT.length).slice(-MAX_LINES)
    if (lines.length === 0) live.clear()
    else live(lines.map((line) => INDENT + line).join('\n'))
  }
  const report: Emit = (event) => {
    board.follow(event)
    const line = lineOf(event, language, verbose, board.names)
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
const DRAW_MS = 80
const MAX_LINES = 12
