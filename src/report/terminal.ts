import { createLogUpdate } from 'log-update'
import type { Emit } from '../core/events.ts'
import { say, type Language } from '../core/messages.ts'
import { formatBytes, formatMs } from '../core/units.ts'
import { lineOf, presentable, type ReporterOptions } from './plain.ts'
import { kindName } from './step-names.ts'

interface Transfer {
  name: string
  received: number
  /** Bytes that an earlier run had received. */
  before: number
  size: number | null
  started: number
}

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
  const steps = new Map<string, string>()
  const transfers = new Map<string, Transfer>()
  /** Those under way, and those that ended since there was none. */
  const together = new Map<string, Transfer>()
  const names = new Map<string, string>()
  let drawn = 0
  const draw = (force: boolean) => {
    if (!force && now() - drawn < 80) return
    drawn = now()
    const width = (stream.columns ?? 80) - INDENT.length
    const lines = [
      ...[...steps.values()].map((name) => INDENT + cut(`${name} …`, width)),
      ...[...transfers.values()].map((one) => INDENT + transferLine(one, now(), width)),
      ...(together.size < 2
        ? []
        : [INDENT + transferLine(sumOf([...together.values()], language), now(), width)]),
    ]
    if (lines.length === 0) live.clear()
    else live(lines.slice(-12).join('\n'))
  }
  const report: Emit = (event) => {
    if (event.type === 'step.start' && event.kind !== 'model')
      steps.set(event.id, presentable(`${kindName(event.kind, language)} ${event.subject}`))
    if (event.type === 'step.end' || event.type === 'step.fail') steps.delete(event.id)
    if (event.type === 'download.start') {
      names.set(event.id, event.name)
      const name = presentable(event.name)
      const { size } = event
      const transfer = { name, received: 0, before: 0, size, started: now() }
      transfers.set(event.id, transfer)
      together.set(event.id, transfer)
    }
    if (event.type === 'download.progress') progress(transfers.get(event.id), event, now())
    if (event.type === 'download.end')
      progress(transfers.get(event.id), { ...event, size: null }, now())
    if (event.type === 'step.fail') together.delete(event.id)
    if (event.type === 'download.end' || event.type === 'step.fail') transfers.delete(event.id)
    if (transfers.size === 0) together.clear()
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

/** What is told so soon after the start was there before it. */
const AT_ONCE_MS = 20

function progress(
  transfer: Transfer | undefined,
  { received, size }: { received: number; size: number | null },
  now: number,
): void {
  if (transfer === undefined) return
  if (now - transfer.started < AT_ONCE_MS) transfer.before = received
  transfer.received = received
  transfer.size = size ?? transfer.size
}

function sumOf(all: readonly Transfer[], language: Language): Transfer {
  const sum = (of: (one: Transfer) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    name: say(language, 'allTransfers', { count: all.length }),
    received: sum(({ received }) => received),
    before: sum(({ before }) => before),
    size: all.some(({ size }) => size === null) ? null : sum(({ size }) => size ?? 0),
    started: Math.min(...all.map(({ started }) => started)),
  }
}

/**
 * `name  [████░░░░]  42 %  1.2 GiB / 2.9 GiB  310 MiB/s  5 s`: as much of it as `width` characters
 * hold, the name shortened last.
 */
export function transferLine(transfer: Transfer, now: number, width: number): string {
  const { name, received, before, size } = transfer
  const rate = Math.max(received - before, 0) / Math.max((now - transfer.started) / 1000, 0.001)
  const speed = `${formatBytes(rate)}/s`
  if (size === null || size === 0)
    return longest(name, [`${formatBytes(received)}  ${speed}`, formatBytes(received)], width)
  const part = Math.min(received / size, 1)
  const percent = `${Math.floor(part * 100)} %`
  const bar = '█'.repeat(Math.round(part * 20)).padEnd(20, '░')
  const left = rate > 0 ? formatMs((Math.max(size - received, 0) / rate) * 1000) : '?'
  const short = `${percent}  ${speed}  ${left}`
  const sizes = `${formatBytes(received)} / ${formatBytes(size)}`
  const full = `[${bar}]  ${percent}  ${sizes}  ${speed}  ${left}`
  return longest(name, [full, short, percent], width)
}

function longest(name: string, details: readonly string[], width: number): string {
  const fitting = details.find((detail) => name.length + 2 + detail.length <= width)
  const detail = fitting ?? details.at(-1) ?? ''
  return `${cut(name, width - 2 - detail.length)}  ${detail}`
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`
}
