import * as z from 'zod'

/** What `--json` prints: one object, the command's own answer in `data`. */
export function successEnvelope(command: string, data: z.ZodType): z.ZodType {
  return z.strictObject({
    ok: z.boolean().describe('False when the exit code is not 0: something was found wrong.'),
    command: z.literal(command),
    data,
  })
}

/** The same for a failure, whatever the command. */
export const failureEnvelope = z.strictObject({
  ok: z.literal(false),
  command: z.string().describe('Empty when the command line itself was not understood.'),
  error: z.strictObject({
    code: z.string().describe('One of docs/reference/messages.md.'),
    message: z.string(),
    hint: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
    problems: z
      .array(
        z.strictObject({
          file: z.string(),
          path: z.string().describe('JSON path.'),
          line: z.int(),
          column: z.int(),
          expected: z.string(),
          found: z.string(),
        }),
      )
      .optional()
      .describe('SPEC_INVALID only.'),
  }),
})
