import * as z from 'zod'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { gitPack } from './foreign-pack.ts'
import { defineImporter, topOf } from './importer.ts'
import { describe, entriesOf, leftOver } from './shape.ts'

const schema = z.looseObject({
  custom_nodes: z.record(
    z.string(),
    z.looseObject({ state: z.string().nullish(), hash: z.string().nullish() }),
  ),
  unknown_nodes: z.array(z.string()).nullish(),
})

/** What `cm-cli deps-in-workflow` writes: the packs of one workflow (formats.md D6). */
export const managerDeps = defineImporter({
  format: 'ComfyUI-Manager dependencies of a workflow',
  schema,
  recognizes: (top) =>
    Array.isArray(top.get('unknown_nodes')) ||
    topOf(top.get('custom_nodes')).values.some((entry) => topOf(entry).has('state')),
  convert,
})

/** `hash` is `-` where nobody recorded one. */
function convert(document: z.output<typeof schema>): DraftPart {
  return joinParts([
    ...entriesOf(document.custom_nodes).map(([url, { state, hash, ...rest }]) =>
      joinParts([
        state === 'disabled'
          ? note('PACK_DISABLED', url, describe(hash ?? '-'))
          : gitPack(url, { ref: hash === '-' ? null : hash }),
        { notes: leftOver(rest, url, []) },
      ]),
    ),
    ...(document.unknown_nodes ?? []).map((type) => note('NODE_UNKNOWN', type, '-')),
    { notes: leftOver(document, '', Object.keys(schema.shape)) },
  ])
}
