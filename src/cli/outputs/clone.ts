import * as z from 'zod'

export const cloneOutput = z.strictObject({
  version_id: z.string(),
  source_id: z.string(),
  file: z.string().describe('Path of the new spec.'),
  kept: z.string().nullable().describe('Where the spec that was replaced is kept.'),
  lock: z.string().nullable().describe('Path of the new lock; null: the source has none.'),
  pylock: z.string().nullable().describe('Path of the new Python lock; null: there is none.'),
})
