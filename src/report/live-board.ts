import type { ComfypinEvent } from '../core/events.ts'
import { say, type Language } from '../core/messages.ts'
import { formatBytes, formatMs } from '../core/units.ts'
import { presentable } from './plain.ts'
import { kindName } from './step-names.ts'

/** What is under way, as lines of text. */
export interface LiveBoard {
  follow(event: ComfypinEvent): void
  /** Steps, then transfers, then a line for all of these where there are several. */
  lines(width: number): string[]
  /** Transfers by their ids, those that ended too. */
  names: ReadonlyMap<string, string>
}

interface Transfer {
  name: string
  received: number
  /** Bytes that an earlier run had received. */
  before: number
  size: number | null
  started: number
}

export function createLiveBoard(language: Language, now: () => number): LiveBoard {
  const steps = new Map<string, string>()
  const transfers = new Map<string, Transfer>()
  /** Those under way, and those that ended since there was none. */
  const together = new Map<string, Transfer>()
  const names = new Map<string, string>()
  const followStep = (event: ComfypinEvent) => {
    if (event.type === 'step.start' && event.kind !== 'model')
      steps.set(event.id, presentable(`${kindName(event.kind, language)} ${event.subject}`))
    if (event.type === 'step.end' || event.type === 'step.fail') steps.delete(event.id)
  }
  const followTransfer = (event: ComfypinEvent) => {
    if (event.type === 'download.start') {
      const { id, size } = event
      names.set(id, event.name)
      const name = presentable(event.name)
      const transfer = { name, received: 0, before: 0, size, started: now() }
      transfers.set(id, transfer)
      together.set(id, transfer)
    }
    if (event.type === 'download.progress') progress(transfers.get(event.id), event, now())
    if (event.type === 'download.end')
      progress(transfers.get(event.id), { ...event, size: null }, now())
    if (event.type === 'step.fail') together.delete(event.id)
    if (event.type === 'download.end' || event.type === 'step.fail') transfers.delete(event.id)
    if (transfers.size === 0) together.clear()
  }
  return {
    names,
    follow: (event) => {
      followStep(event)
      followTransfer(event)
    },
    lines: (width) => {
      const all = together.size < 2 ? [] : [sumOf([...together.values()], language)]
      const shown = [...transfers.values(), ...all]
      return [
        ...[...steps.values()].map((name) => cut(`${name} …`, width)),
        ...shown.map((one) => transferLine(one, now(), width)),
      ]
    },
  }
}

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
