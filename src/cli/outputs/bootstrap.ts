import * as z from 'zod'

export const bootstrapOutput = z.strictObject({
  dir: z.string(),
  repo: z.string(),
  ref: z.string().nullable().describe('null: the default branch.'),
  commit: z.string(),
  torch: z.enum(['auto', 'cpu', 'skip']),
  python: z.string(),
  packages: z.int().describe('Packages in its venv.'),
  start: z.array(z.string()).describe('Arguments that start it, from within `dir`.'),
})
