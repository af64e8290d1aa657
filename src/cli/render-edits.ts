import { say, type Language } from '../core/messages.ts'
import { subjectName } from '../core/subject-name.ts'
import type { EditResult } from '../versions/edit-save.ts'
import { renderPins } from './render-pins.ts'

const ACTIONS = { added: 'editAdded', replaced: 'editReplaced', removed: 'editRemoved' } as const

/** What `add` and `remove` did to a spec and its lock. */
export function renderEdits(
  { version_id: id, file, edits, lock, pins, dry_run: dry }: EditResult,
  language: Language,
): string[] {
  return [
    say(language, dry ? 'createdDry' : 'created', { file }),
    ...edits.map(({ part, name, action }) =>
      say(language, ACTIONS[action], { subject: subjectName(`${part} ${name}`, language) }),
    ),
    ...(lock === null || dry ? [] : [say(language, 'lockWritten', { file: lock })]),
    ...renderPins(pins, language),
    ...(dry ? [] : [say(language, 'nextRealize', { id })]),
  ]
}
