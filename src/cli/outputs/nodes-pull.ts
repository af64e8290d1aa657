import * as z from 'zod'
import { notesOutput } from './shared.ts'

export const nodesPullOutput = z.strictObject({
  checkouts: z.string().describe('Folder of the checkouts in the cache.'),
  dry_run: z.boolean(),
  changed: z.boolean(),
  packs: z.array(
    z.strictObject({
      name: z.string(),
      repo: z.string().nullable().describe('null: a registry package.'),
      ref: z.string().nullable(),
      commit: z.string().nullable(),
      registry: z.strictObject({ id: z.string(), version: z.string().nullable() }).nullable(),
      subdir: z.string().nullable().describe('Folder of the repository that is the pack.'),
      path: z.string().nullable().describe('Absolute; null: the pin is not known.'),
      action: z.enum(['clone', 'fetch', 'download', 'unpack', 'repair', 'reuse', 'missing']),
      present: z.boolean(),
      problem: z.string().nullable().describe('Why it could not come.'),
    }),
  ),
  notes: notesOutput,
})
