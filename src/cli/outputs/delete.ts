import * as z from 'zod'

export const deleteOutput = z.strictObject({
  version_id: z.string(),
  home: z.string(),
  dry_run: z.boolean(),
  removed: z.boolean().describe('False: there was nothing, or it was not confirmed.'),
  items: z.array(
    z.strictObject({
      kind: z
        .enum(['home', 'leftover', 'spec', 'lock', 'pylock', 'state'])
        .describe(
          '`leftover`: of a deletion that was broken off; `state`: of packs, beside the spec.',
        ),
      path: z.string(),
      size: z.int().describe('Bytes as listed.'),
      frees: z.int().describe('Bytes that become free; links into the caches give none.'),
      files: z.int(),
    }),
  ),
  user_files: z
    .strictObject({
      count: z.int(),
      size: z.int().describe('Bytes.'),
      examples: z
        .array(z.string())
        .describe('The first few, relative to the home; of state, to the folder of the spec.'),
    })
    .describe('Files in the home that comfypin did not make.'),
})
