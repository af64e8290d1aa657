import * as z from 'zod'

export const runHandlerOutput = z.strictObject({
  version_id: z.string(),
  output_mode: z.literal('local'),
  files: z.array(
    z.strictObject({
      path: z.string(),
      name: z.string(),
      node_id: z.string(),
      size: z.int().describe('Bytes.'),
      mime: z.string(),
      sha256: z.string(),
    }),
  ),
  texts: z.array(z.strictObject({ node_id: z.string(), text: z.string() })),
  timings: z.strictObject({ realize: z.number(), start: z.number(), job: z.number() }),
})
