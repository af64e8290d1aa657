import * as z from 'zod'
import { joinParts } from './draft-parts.ts'
import { gitPack } from './foreign-pack.ts'
import { defineImporter, topOf } from './importer.ts'
import { leftOver } from './shape.ts'

const schema = z.array(
  z.looseObject({ repo: z.string(), commit: z.string().nullish(), notes: z.unknown().optional() }),
)

/** cog-comfyui's `custom_nodes.json`; its commits have seven letters (formats.md D6). */
export const cog = defineImporter({
  format: 'cog-comfyui custom_nodes.json',
  schema,
  recognizes: (top) =>
    top.list !== null && top.list.length > 0 && top.list.every((entry) => topOf(entry).has('repo')),
  convert: (entries) =>
    joinParts(
      entries.map((entry) =>
        joinParts([
          gitPack(entry.repo, { ref: entry.commit }),
          { notes: leftOver(entry, entry.repo, ['repo', 'commit'], ['notes']) },
        ]),
      ),
    ),
})
