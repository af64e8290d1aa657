import { say, type Language } from '../core/messages.ts'
import type { EditResult } from '../versions/edit-save.ts'
import { renderPins } from './render-pins.ts'

const ACTIONS = { added: 'editAdded', replaced: 'editReplaced', removed: 'editRemoved' } as const

/** What `add` and `remove` did to a spec and its lock. */
export function renderEdits(
  { file, edits, lock, pins, dry_run: dry }: EditResult,
  language: Language,
): string[] {
  return [
    say(language, dry ? 'createdDry' : 'created', { file }),
    ...edits.map(({ part, name, action }) => say(language, ACTIONS[action], { part, name })),
    ...(lock === null ? [] : [say(language, 'lockWritten', { file: lock })]),
    ...renderPins(pins, language),
  ]
}
