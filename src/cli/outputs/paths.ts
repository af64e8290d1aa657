import * as z from 'zod'

/** Absolute paths. */
export const pathsOutput = z.strictObject({
  versions_dir: z.string(),
  cache_root: z.string(),
  locks: z.string(),
  git: z.string(),
  checkouts: z.string(),
  uv: z.string(),
  models_dir: z.string(),
  home: z.string(),
})
