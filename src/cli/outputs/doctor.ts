import * as z from 'zod'

export const doctorOutput = z.strictObject({
  findings: z.array(
    z.strictObject({
      check: z.string(),
      status: z.enum(['ok', 'info', 'warn', 'fail']),
      code: z.string(),
      params: z.record(z.string(), z.union([z.string(), z.number()])),
      message: z.string().describe('In the language in force.'),
      remedy: z.string().nullable().describe('What to do about it.'),
    }),
  ),
  counts: z.strictObject({
    ok: z.int(),
    info: z.int(),
    warn: z.int(),
    fail: z.int().describe('The exit code is 1 when there is one.'),
  }),
})
