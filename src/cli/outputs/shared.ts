import * as z from 'zod'
import { noteTable } from '../../core/notes.ts'
import { resolveOutput } from './resolve.ts'

/** What moved in a lock. */
export const pinsOutput = resolveOutput.shape.changes

export const notesOutput = z.array(
  z.strictObject({
    code: z.enum(Object.keys(noteTable)).describe('One of the notes of a draft.'),
    subject: z.string(),
    detail: z.string(),
  }),
)

/** State of packs that a command took along. */
export const stateOutput = z.array(
  z.strictObject({
    pack: z.string(),
    files: z.array(z.string()).describe('Paths below the folder of the pack.'),
    size: z.int().describe('Bytes.'),
  }),
)

export const editOutput = {
  version_id: z.string(),
  file: z.string().describe('Path of the spec.'),
  dry_run: z.boolean(),
  edits: z.array(
    z.strictObject({
      part: z.enum(['pack', 'model', 'package', 'env']),
      name: z.string(),
      action: z.enum(['added', 'replaced', 'removed']),
    }),
  ),
  lock: z.string().nullable().describe('Path of the lock; null: not resolved.'),
  pins: pinsOutput.describe('What moved in the lock.'),
}
