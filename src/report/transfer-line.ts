import { formatBytes, formatMs } from '../core/units.ts'

/** A download that a terminal shows. */
export interface Transfer {
  name: string
  received: number
  /** Bytes that an earlier run had received. */
  before: number
  size: number | null
  /** Milliseconds since the epoch. */
  started: number
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

/** The text, or as much of it as `width` characters hold. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`
}
