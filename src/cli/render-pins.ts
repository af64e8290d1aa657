import { say, type Language } from '../core/messages.ts'
import { subjectName } from '../core/subject-name.ts'
import type { LockChange } from '../resolve/lock-diff.ts'

/** What the spec says already, in the lock's own spelling: no news to somebody who reads. */
const QUIET = ['env', 'options']

/** Pins that came, went and moved, a line each. */
export function renderPins(changes: readonly LockChange[], language: Language): string[] {
  const news = changes.filter(({ subject, to }) => !QUIET.includes(subject) && to !== '')
  return news.map(({ subject: name, from, to }) => {
    const subject = subjectName(name, language)
    if (from === null) return say(language, 'pinAdded', { subject, to: to ?? '' })
    return to === null
      ? say(language, 'pinRemoved', { subject, from })
      : say(language, 'pinMoved', { subject, from, to })
  })
}
