import * as z from 'zod'
import { notesOutput, pinsOutput, stateOutput } from './shared.ts'

export const createOutput = z.strictObject({
  version_id: z.string(),
  file: z.string().describe('Path of the spec.'),
  dry_run: z.boolean(),
  kept: z.string().nullable().describe('Where the spec that was replaced is kept.'),
  spec: z.looseObject({ schema_version: z.literal(2) }).describe('As written, without logins.'),
  default_core: z.boolean().describe("True: no core was named; ComfyUI's own repository is it."),
  lock: z.string().nullable().describe('Path of the lock; null: not resolved.'),
  pylock: z
    .string()
    .nullable()
    .describe('Path of the Python lock that a bundle brought; null: there is none yet.'),
  state: stateOutput.describe('Files of packs that came along.'),
  kept_state: z.string().nullable().describe('Where the state that was replaced is kept.'),
  pins: pinsOutput.describe('Everything that the lock pins.'),
  notes: notesOutput,
})
