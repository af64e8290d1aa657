import * as z from 'zod'

export const testOutput = z.strictObject({
  version_id: z.string(),
  workflow: z.string().describe('Name of the built-in one, or `given`.'),
  artifacts: z.int(),
  node_classes: z.int(),
  ms: z.number(),
})
