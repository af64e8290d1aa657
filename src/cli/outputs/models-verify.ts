import * as z from 'zod'
import { modelRow } from './model-row.ts'

export const modelsVerifyOutput = z.strictObject({
  version_id: z.string(),
  models_dir: z.string(),
  models: z.array(
    z.strictObject({
      source: modelRow.source,
      path: modelRow.path,
      state: z.enum(['ok', 'missing', 'size', 'checksum', 'foreign', 'repaired']),
      checked: z.enum(['size', 'sha256', 'md5']).nullable().describe('What was compared last.'),
      problem: z.string().nullable(),
    }),
  ),
})
