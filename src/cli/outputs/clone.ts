import * as z from 'zod'
import { notesOutput, stateOutput } from './shared.ts'

export const cloneOutput = z.strictObject({
  version_id: z.string(),
  source_id: z.string(),
  file: z.string().describe('Path of the new spec.'),
  kept: z.string().nullable().describe('Where the spec that was replaced is kept.'),
  lock: z.string().nullable().describe('Path of the new lock; null: the source has none.'),
  pylock: z.string().nullable().describe('Path of the new Python lock; null: there is none.'),
  state: stateOutput.describe('Files of packs that came along.'),
  kept_state: z.string().nullable().describe('Where the state that was replaced is kept.'),
  notes: notesOutput,
})
