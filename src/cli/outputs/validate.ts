import * as z from 'zod'

export const validateOutput = z.strictObject({
  version_id: z.string(),
  problems: z.array(z.strictObject({ subject: z.string(), problem: z.string() })),
})
