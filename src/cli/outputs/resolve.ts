import * as z from 'zod'

export const resolveOutput = z.strictObject({
  version_id: z.string(),
  file: z.string().describe('Path of the lock.'),
  changes: z.array(
    z.strictObject({
      subject: z.string(),
      from: z.string().nullable().describe('null: new.'),
      to: z.string().nullable().describe('null: gone.'),
    }),
  ),
})
