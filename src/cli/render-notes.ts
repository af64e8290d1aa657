import { say, type Language } from '../core/messages.ts'
import { noteTable } from '../core/notes.ts'
import { fill } from '../core/template.ts'
import type { DraftNote } from '../spec/draft.ts'

/** What a draft or a side file could not say in a spec, a line each. */
export function renderNotes(notes: readonly DraftNote[], language: Language): string[] {
  return notes.map(({ code, ...params }) =>
    say(language, 'createdNote', { text: fill(noteTable[code][language], params) }),
  )
}
