import * as z from 'zod'
import { notesOutput, stateOutput } from './shared.ts'

export const exportOutput = z.strictObject({
  version_id: z.string(),
  format: z.enum(['manager', 'bundle']),
  file: z.string().nullable().describe('Path of the written file; null without --output.'),
  document: z
    .strictObject({
      comfyui: z.string().nullable().describe('40-hex commit of the core.'),
      git_custom_nodes: z.record(
        z.string(),
        z.strictObject({ hash: z.string(), disabled: z.boolean() }),
      ),
      cnr_custom_nodes: z.record(z.string(), z.string()).describe('Registry id → version.'),
      file_custom_nodes: z.array(z.never()),
      pips: z.record(z.string(), z.string()).describe('`name==version` → "", or name → address.'),
    })
    .nullable()
    .describe('null: a bundle.'),
  state: stateOutput.describe('Files of packs that a bundle has.'),
  notes: notesOutput,
})
