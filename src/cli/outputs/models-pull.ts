import * as z from 'zod'
import { modelRow } from './model-row.ts'

export const modelsPullOutput = z.strictObject({
  version_id: z.string(),
  models_dir: z.string(),
  changed: z.boolean(),
  models: z.array(
    z.strictObject({
      ...modelRow,
      action: z.enum(['download', 'copy', 'link', 'adopt', 'present', 'skip', 'missing']),
      problem: z.string().nullable().describe('Why it could not come.'),
    }),
  ),
})
