import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addToVersion } from '../../src/versions/add.ts'
import { createVersion, type CreateRequest } from '../../src/versions/create.ts'
import type { PartFlags } from '../../src/versions/create-parts.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const NO_PARTS: PartFlags = {
  nodes: [],
  nodeFiles: [],
  models: [],
  modelFiles: [],
  pythonPackages: [],
  env: [],
}

function prepare() {
  const root = tempDir('create')
  const settings = { cacheRoot: join(root, 'cache'), versionsDir: join(root, 'versions') }
  const { ctx } = createTestCtx(settings)
  return { ctx, ...settings }
}

function request(changes: Partial<CreateRequest> = {}): CreateRequest {
  return {
    draft: null,
    base: null,
    core: 'owner/core',
    parts: NO_PARTS,
    cwd: '/',
    force: false,
    resolve: false,
    dryRun: false,
    checksumRoot: null,
    ...changes,
  }
}

test('of many that create one version at once, one wins, and its spec is whole', async () => {
  const { ctx, versionsDir } = prepare()
  const settled = await Promise.allSettled(
    Array.from({ length: 8 }, (_, number) =>
      createVersion(ctx, 'one', request({ parts: { ...NO_PARTS, env: [`N=${number}`] } })),
    ),
  )
  const losers = settled.filter(({ status }) => status === 'rejected')
  expect(losers).toHaveLength(7)
  expect(losers).toEqual(
    losers.map(() => ({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'SPEC_EXISTS' }),
    })),
  )
  expect(readdirSync(versionsDir)).toEqual(['one.json'])
  expect(JSON.parse(readFileSync(join(versionsDir, 'one.json'), 'utf8')).version_id).toBe('one')
})

test('several additions at once lose nothing', async () => {
  const { ctx, versionsDir } = prepare()
  await createVersion(ctx, 'many', request())
  await Promise.all(
    Array.from({ length: 8 }, (_, number) =>
      addToVersion(ctx, 'many', {
        parts: { ...NO_PARTS, env: [`N${number}=1`] },
        cwd: '/',
        resolve: false,
        dryRun: false,
      }),
    ),
  )
  const { env } = JSON.parse(readFileSync(join(versionsDir, 'many.json'), 'utf8'))
  expect(Object.keys(env)).toHaveLength(8)
})

test('a draft comes first, flags go over it, and its notes are handed on', async () => {
  const { ctx } = prepare()
  const note = { code: 'NO_PLACE' as const, subject: 'apt', detail: 'ffmpeg' }
  const draft = {
    spec: {
      comfy: { repo: 'https://x.test/core' },
      custom_nodes: [{ repo: 'https://x.test/a/pack' }, { repo: 'https://x.test/other' }],
      env: { A: '1', B: '2' },
    },
    notes: [note],
  }
  const parts = { ...NO_PARTS, nodes: ['https://y.test/b/pack@v2'], env: ['B=3'] }
  const { spec, notes } = await createVersion(ctx, 'drafted', request({ draft, core: null, parts }))
  expect(spec).toEqual({
    schema_version: 2,
    version_id: 'drafted',
    comfy: { repo: 'https://x.test/core' },
    custom_nodes: [{ repo: 'https://x.test/other' }, { repo: 'https://y.test/b/pack', ref: 'v2' }],
    env: { A: '1', B: '3' },
  })
  expect(notes).toEqual([note])
})
