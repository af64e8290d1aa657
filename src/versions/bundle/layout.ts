import * as z from 'zod'

/** Names of what lies in a bundle. */
export const BUNDLE = {
  manifest: 'comfypin-bundle.json',
  spec: 'spec.json',
  lock: 'lock.json',
  pylock: 'pylock.toml',
  /** Folder with one folder per pack. */
  state: 'state',
} as const

/** Says that an archive is a bundle, and which form it has. */
export const manifestSchema = z.object({
  tool: z.literal('comfypin'),
  bundle: z.literal(1),
  version_id: z.string(),
})
