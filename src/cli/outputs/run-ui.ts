import * as z from 'zod'

export const runUiOutput = z.strictObject({
  version_id: z.string(),
  url: z.string(),
  exit_code: z.int().nullable().describe('null: ended by a signal.'),
})
