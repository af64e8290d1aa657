import { say, type Language } from '../core/messages.ts'
import { subjectName } from '../core/subject-name.ts'
import type { LockChange } from '../resolve/lock-diff.ts'
import { firstOf } from './first-of.ts'

/** What the spec says already, in the lock's own spelling: no news to somebody who reads. */
const QUIET = ['env', 'options']

/** Pins that came, went and moved, a line each; of a list that moved what came and went. */
export function renderPins(changes: readonly LockChange[], language: Language): string[] {
  const news = changes.filter(({ subject, from, to }) => !QUIET.includes(subject) && (from || to))
  return news.map(({ subject: name, from, to }) => {
    const subject = subjectName(name, language)
    if (from === null) return say(language, 'pinAdded', { subject, to: firstOf(itemsOf(to ?? '')) })
    if (to === null) return say(language, 'pinRemoved', { subject, from: firstOf(itemsOf(from)) })
    return name === 'packages'
      ? say(language, 'pinList', { subject, changes: listChange(from, to) })
      : say(language, 'pinMoved', { subject, from, to })
  })
}

function listChange(from: string, to: string): string {
  const [before, now] = [itemsOf(from), itemsOf(to)]
  const gone = before.filter((item) => !now.includes(item)).map((item) => `-${item}`)
  const come = now.filter((item) => !before.includes(item)).map((item) => `+${item}`)
  return firstOf([...gone, ...come])
}

function itemsOf(list: string): string[] {
  return list.split(', ').filter(Boolean)
}
