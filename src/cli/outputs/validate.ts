import * as z from 'zod'

export const validateOutput = z.strictObject({
  version_id: z.string().nullable().describe('null: side files were checked.'),
  files: z.array(z.string()).optional().describe('The side files that were checked.'),
  problems: z.array(
    z.strictObject({
      subject: z.string(),
      code: z.string().nullable().describe('null: a problem of a side file.'),
      params: z.record(z.string(), z.string()),
      problem: z.string().describe('In English.'),
    }),
  ),
})
