import * as z from 'zod'
import { modelRow } from './model-row.ts'
import { notesOutput } from './shared.ts'

export const modelsPullOutput = z.strictObject({
  version_id: z.string().nullable().describe('null: models of files or arguments.'),
  models_dir: z.string(),
  dry_run: z.boolean(),
  changed: z.boolean(),
  models: z.array(
    z.strictObject({
      ...modelRow,
      action: z.enum(['download', 'copy', 'link', 'adopt', 'present', 'skip', 'missing']),
      problem: z.string().nullable().describe('Why it could not come.'),
    }),
  ),
  notes: notesOutput,
})
