import { ComfypinError } from '../core/errors.ts'
import { MAX_TIMER_MS } from '../core/units.ts'

/**
 * A form that the value of a variable may have.
 * @throws SETTING_NOT_BOOLEAN and the like, with the name of the variable
 */
export type Form<T> = (name: string, value: string) => T

export function parseText(_name: string, value: string): string {
  return value
}

export function parseBoolean(name: string, value: string): boolean {
  if (/^(1|true|yes|on)$/i.test(value)) return true
  if (/^(0|false|no|off)$/i.test(value)) return false
  throw new ComfypinError('SETTING_NOT_BOOLEAN', { name, value })
}

export function parseAddress(name: string, value: string): string {
  if (/^https?:\/\/[^\s?#]+$/i.test(value) && URL.canParse(value)) return value.replace(/\/+$/, '')
  throw new ComfypinError('SETTING_NOT_ADDRESS', { name, value })
}

/** @returns milliseconds, as many as a timer can wait at most */
export function parseSeconds(name: string, value: string): number {
  return Math.min(parsePositive(name, value) * 1000, MAX_TIMER_MS)
}

function parsePositive(name: string, value: string): number {
  const number = Number(value)
  if (Number.isFinite(number) && number > 0) return number
  throw new ComfypinError('SETTING_NOT_NUMBER', { name, value })
}

export function parseWhole(name: string, value: string): number {
  const number = parsePositive(name, value)
  if (Number.isSafeInteger(number)) return number
  throw new ComfypinError('SETTING_NOT_WHOLE', { name, value })
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** `50M` is 50 MiB, as in curl and aria2. */
export function parseBytes(name: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?(?:\/s)?$/i.exec(value)
  const bytes = Number(match?.[1]) * (BYTE_UNITS[match?.[2]?.toLowerCase() ?? ''] ?? 1)
  if (bytes >= 1) return bytes
  throw new ComfypinError('SETTING_NOT_BYTES', { name, value })
}
