import * as z from 'zod'

/** What several commands tell about a model of a version. */
export const modelRow = {
  source: z.string().describe('As the spec has it, without credentials.'),
  path: z.string().nullable().describe('Absolute; null: only the source knows its name.'),
  category: z.string().nullable().describe("ComfyUI's name for the kind; null inside a pack."),
  size: z.int().nullable().describe('Bytes; null: nobody can say.'),
  present: z.boolean(),
  missing: z.int().nullable().describe('Bytes that still have to come; null: nobody can say.'),
}
