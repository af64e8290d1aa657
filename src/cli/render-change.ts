import { say, type Language } from '../core/messages.ts'
import { subjectName } from '../core/subject-name.ts'
import type { DiffChange } from '../versions/diff.ts'

/** One line of a diff. A requirement is its own name; it is not said twice. */
export function renderChange({ part, name, from, to }: DiffChange, language: Language): string {
  const subject = subjectName(part === name ? name : `${part} ${name}`, language)
  if (name === (from ?? to))
    return say(language, from === null ? 'editAdded' : 'editRemoved', { subject })
  if (from === null) return say(language, 'pinAdded', { subject, to: to ?? '' })
  return to === null
    ? say(language, 'pinRemoved', { subject, from })
    : say(language, 'pinMoved', { subject, from, to })
}
