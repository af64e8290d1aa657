import * as z from 'zod'

export const validateOutput = z.strictObject({
  version_id: z.string().nullable().describe('null: side files were checked.'),
  files: z.array(z.string()).optional().describe('The side files that were checked.'),
  problems: z.array(z.strictObject({ subject: z.string(), problem: z.string() })),
})
