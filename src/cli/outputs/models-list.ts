import * as z from 'zod'

export const modelsListOutput = z.strictObject({
  version_id: z.string().nullable().describe('null: the model stores.'),
  models_dirs: z.array(z.string()),
  models: z.array(
    z.strictObject({
      source: z.string().nullable().describe('Without credentials; null: nobody recorded it.'),
      path: z.string().nullable().describe('Absolute; null: only the source knows its name.'),
      category: z.string().nullable().describe("ComfyUI's name for the kind."),
      size: z.int().nullable().describe('Bytes on the disk; null: not there.'),
      present: z.boolean(),
      versions: z.array(z.string()).describe('Versions that name the source.'),
    }),
  ),
})
