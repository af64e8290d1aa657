import * as z from 'zod'

const base = {
  id: z.string(),
  needs: z.array(z.string()).describe('Ids of steps that are done before.'),
  path: z.string(),
}

/** What install scripts of packs add to the requirements. */
export const scriptsOutput = z.array(
  z.strictObject({ pack: z.string(), requirements: z.array(z.string()) }),
)

const step = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('checkout'),
    action: z.enum(['clone', 'fetch', 'download', 'unpack', 'repair', 'reuse', 'missing']),
    pack: z.string().nullable().describe('null: the core.'),
    repo: z.string().nullable().describe('null: a registry package.'),
    commit: z.string().nullable(),
    registry: z.strictObject({ id: z.string(), version: z.string().nullable() }).nullable(),
    subdir: z.string().nullable().describe('Folder of the repository that is the pack.'),
    size: z.int().nullable().describe('Bytes to transfer, of a registry package.'),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('core'),
    action: z.enum(['prepare', 'reuse']),
    checkout: z.string(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('python-lock'),
    action: z.enum(['resolve', 'reuse']),
    overrides: z.array(z.string()).describe('python_overrides of the spec.'),
    twins: z.enum(['one', 'all']).describe('python_twins of the spec.'),
    reduced: z
      .array(z.strictObject({ kept: z.string(), removed: z.array(z.string()) }))
      .nullable()
      .describe(
        'Packages with the same files, of which one is kept; null: not known before the lock.',
      ),
    scripts: scriptsOutput
      .nullable()
      .describe('Requirements from the install.py of packs; null: not known before the lock.'),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('venv'),
    action: z.enum(['create', 'recreate', 'reuse']),
    python: z.string().nullable().describe('What was asked for.'),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('packages'),
    action: z.enum(['sync', 'reuse']),
    add: z.array(z.string()).nullable().describe('name==version; null: not known before the lock.'),
    remove: z.array(z.string()).nullable(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('bytecode'),
    action: z.enum(['compile', 'reuse']),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('model'),
    action: z.enum(['download', 'copy', 'link', 'adopt', 'present', 'skip', 'missing']),
    index: z.int().describe('In the models of the lock.'),
    source: z.string(),
    size: z.int().nullable().describe('Bytes of the file; null: nobody can say.'),
    arrived: z.int().describe('Bytes of it that an earlier run has written already.'),
  }),
  z.strictObject({ ...base, kind: z.literal('unlink'), action: z.enum(['remove']) }),
  z.strictObject({ ...base, kind: z.literal('home'), action: z.enum(['write', 'reuse']) }),
  z.strictObject({
    id: base.id,
    needs: base.needs,
    kind: z.literal('check'),
    action: z.enum(['run', 'skip']),
    packs: z.array(z.string()),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('pack'),
    action: z.enum(['place', 'reuse', 'remove', 'foreign', 'missing']),
    pack: z.string(),
    checkout: z.string().nullable(),
  }),
])

export const realizeOutput = z.strictObject({
  version_id: z.string(),
  home: z.string(),
  changed: z.boolean(),
  dry_run: z.boolean(),
  steps: z.array(step).describe('Empty when nothing was to be done.'),
  packs: z
    .array(
      z.strictObject({
        name: z.string(),
        ok: z.boolean(),
        nodes: z.int(),
        seconds: z.number(),
        reason: z.string().nullable(),
      }),
    )
    .describe('What the import check knows of each pack.'),
  ms: z.number(),
})
