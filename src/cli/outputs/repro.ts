import * as z from 'zod'

export const reproOutput = z.strictObject({
  version_id: z.string(),
  compared: z.int().describe('Facts of a home, or output files of a workflow.'),
  differences: z.array(
    z.strictObject({
      subject: z.string(),
      from: z.string().nullable().describe('null: not there before.'),
      to: z.string().nullable().describe('null: not there any more.'),
    }),
  ),
  recorded: z.boolean().describe('True when the baseline was written.'),
  baseline: z.string().nullable().describe('Path.'),
  workflow: z.string().nullable().describe('Path.'),
})
