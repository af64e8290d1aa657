import * as z from 'zod'
import { listOutput } from './list.ts'
import { scriptsOutput } from './realize.ts'

const repo = {
  repo: z.string(),
  ref: z.string().nullable(),
  commit: z.string().nullable().describe('null: not pinned yet.'),
  in_cache: z.boolean(),
}

export const showOutput = z.strictObject({
  version_id: z.string(),
  state: listOutput.shape.versions.element.shape.state,
  paths: z
    .strictObject({
      spec: z.string(),
      lock: z.string().nullable(),
      pylock: z.string().nullable(),
      home: z.string(),
      models_dir: z.string(),
    })
    .describe('null: there is none.'),
  pinned: z.boolean().describe('True when core and every pack have a commit.'),
  core: z.strictObject(repo),
  packs: z.array(
    z.strictObject({
      name: z.string(),
      ...repo,
      repo: z.string().nullable().describe('null: a package of the registry.'),
      subdir: z.string().nullable().describe('The folder of the repository that is used.'),
      registry: z.strictObject({ id: z.string(), version: z.string().nullable() }).nullable(),
      imports: z.boolean().nullable().describe('null: the import check has not seen it.'),
      nodes: z.int().nullable(),
      reason: z.string().nullable().describe('Why it does not import.'),
      state: z
        .strictObject({
          in: z.enum(['home', 'spec']).describe('`spec`: it waits beside the spec for a home.'),
          files: z.int(),
          size: z.int().describe('Bytes.'),
        })
        .nullable()
        .describe('What its folder holds besides the pack; null: nothing, or nobody can tell.'),
    }),
  ),
  models: z.array(
    z.strictObject({
      source: z.string(),
      path: z.string().describe('Its target.'),
      present: z.boolean(),
      size: z.int().nullable().describe('Bytes, when known here.'),
      checksum: z.string().nullable(),
      problem: z.string().nullable().describe('Why it cannot be placed.'),
    }),
  ),
  python: z.strictObject({
    requested: z.string().nullable(),
    version: z.string().nullable().describe('Of the venv; null: there is none.'),
    locked: z.int().nullable().describe('Packages of the Python lock; null: there is none.'),
    installed: z.int().nullable(),
    extra: z.array(z.string()).describe('python_packages of the spec.'),
    scripts: scriptsOutput.describe('Requirements from the install.py of packs.'),
  }),
  env: z.array(z.string()).describe('Names alone.'),
  options: z.strictObject({
    offline: z.boolean(),
    skip_models: z.boolean(),
    venv_mode: z.literal('copies').optional(),
  }),
})
