import { say, type Language } from '../core/messages.ts'
import type { LockChange } from '../resolve/lock-diff.ts'

/** Pins that came, went and moved, a line each. */
export function renderPins(changes: readonly LockChange[], language: Language): string[] {
  return changes.map(({ subject, from, to }) => {
    if (from === null) return say(language, 'pinAdded', { subject, to: to ?? '' })
    return to === null
      ? say(language, 'pinRemoved', { subject, from })
      : say(language, 'pinMoved', { subject, from, to })
  })
}
