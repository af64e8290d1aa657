import * as z from 'zod'
import { modelRow } from './model-row.ts'

export const modelsSizeOutput = z.strictObject({
  version_id: z.string(),
  models_dir: z.string(),
  models: z.array(
    z.strictObject({
      ...modelRow,
      problem: z.string().nullable().describe('Why the source would not say its size.'),
    }),
  ),
  total: z.int().describe('Bytes of all whose size is known.'),
  missing: z.int().describe('Bytes that still have to come, as far as known.'),
  unknown: z.int().describe('Models whose size nobody knows.'),
})
