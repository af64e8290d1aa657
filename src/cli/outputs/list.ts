import * as z from 'zod'

export const listOutput = z.strictObject({
  versions_dir: z.string(),
  versions: z.array(
    z.strictObject({
      id: z.string(),
      spec: z.string().describe('Path of the spec.'),
      home: z.string().describe('Path; empty when the id is not valid.'),
      lock: z.string().nullable().describe('Path; null: there is none.'),
      state: z.enum(['ready', 'outdated', 'spec only', 'invalid']),
      missing: z
        .array(z.string())
        .describe('Realized and not there any more: `pack <name>`, `model <path>`.'),
    }),
  ),
})
