import type { ComfypinEvent } from '../core/events.ts'
import { say, type Language } from '../core/messages.ts'
import { presentable } from './plain.ts'
import { kindName } from './step-names.ts'
import { cut, transferLine, type Transfer } from './transfer-line.ts'

export interface UnderWay {
  take(event: ComfypinEvent): void
  /** One per step and transfer; where there are several transfers, one for all of them. */
  lines(width: number): string[]
}

/** The steps and transfers that are under way, as events tell it. */
export function createUnderWay(language: Language, now: () => number): UnderWay {
  const state: State = { language, steps: new Map(), transfers: new Map(), together: new Map() }
  return {
    take: (event) => take(state, event, now()),
    lines: (width) => linesOf(state, width, now()),
  }
}

interface State {
  language: Language
  /** Id → name. */
  steps: Map<string, string>
  transfers: Map<string, Transfer>
  /** Those under way, and those that ended since there was none. */
  together: Map<string, Transfer>
}

function take(state: State, event: ComfypinEvent, now: number): void {
  const { language, steps, transfers, together } = state
  switch (event.type) {
    case 'step.start':
      if (event.kind !== 'model')
        steps.set(event.id, presentable(`${kindName(event.kind, language)} ${event.subject}`))
      break
    case 'step.end':
      steps.delete(event.id)
      break
    case 'step.fail':
      steps.delete(event.id)
      together.delete(event.id)
      endTransfer(state, event.id)
      break
    case 'download.start':
      startTransfer(state, event, now)
      break
    case 'download.progress':
      progress(transfers.get(event.id), event, now)
      break
    case 'download.end':
      progress(transfers.get(event.id), { ...event, size: null }, now)
      endTransfer(state, event.id)
      break
    default: // told in lines of their own
  }
}

function startTransfer(
  { transfers, together }: State,
  { id, name, size }: { id: string; name: string; size: number | null },
  now: number,
): void {
  const transfer = { name: presentable(name), received: 0, before: 0, size, started: now }
  transfers.set(id, transfer)
  together.set(id, transfer)
}

function endTransfer({ transfers, together }: State, id: string): void {
  transfers.delete(id)
  if (transfers.size === 0) together.clear()
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

function linesOf({ language, steps, transfers, together }: State, width: number, now: number) {
  const shown = [...transfers.values()]
  if (together.size > 1) shown.push(sumOf([...together.values()], language))
  return [
    ...[...steps.values()].map((name) => cut(`${name} …`, width)),
    ...shown.map((transfer) => transferLine(transfer, now, width)),
  ]
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
