import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addToVersion } from '../../src/versions/add.ts'
import { createVersion, type CreateRequest } from '../../src/versions/create.ts'
import type { PartFlags } from '../../src/versions/create-parts.ts'
import { failureOf } from '../helpers/failure.ts'
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

test('what is wrong in side files is told of them, by the entry', async () => {
  const { ctx, versionsDir } = prepare()
  const cwd = tempDir('side')
  const write = (name: string, value: unknown) =>
    writeFileSync(join(cwd, name), JSON.stringify(value))
  const fine = { source: 'https://x.example/a.pt', target_subdir: 'a' }
  write('fine.json', { models: [fine] })
  write('bad.json', { models: [fine, { ...fine, name: 'b/c' }, { name: 'c.pt' }] })
  write('nodes.json', ['owner/one', { repo: 'https://x.example/One', commmit: 1, ref: 7 }])
  const parts = {
    ...NO_PARTS,
    nodeFiles: ['nodes.json'],
    modelFiles: ['fine.json', 'bad.json'],
    models: ['source=d.pt,subdir=../..'],
  }
  const created = await failureOf(createVersion(ctx, 'one', request({ parts, cwd })))
  const told = [
    `  ${cwd}/nodes.json $.custom_nodes[1].ref: expected`,
    `  ${cwd}/bad.json $.models[1].name: expected a plain file name`,
    `  ${cwd}/bad.json $.models[2].source: expected`,
  ]
  expect(created).toMatchObject({ code: 'ARGUMENT_INVALID' })
  for (const line of told) expect(created).toMatchObject({ message: expect.stringContaining(line) })
  await createVersion(ctx, 'one', request())
  const added = await failureOf(
    addToVersion(ctx, 'one', { parts, cwd, resolve: false, dryRun: false }),
  )
  expect(added).toMatchObject({ code: 'ARGUMENT_INVALID' })
  for (const line of told) expect(added).toMatchObject({ message: expect.stringContaining(line) })
  expect(readFileSync(join(versionsDir, 'one.json'), 'utf8')).not.toContain('x.example')
})

test('two side files that want one place are told of the later, beside what was typed', async () => {
  const { ctx } = prepare()
  const cwd = tempDir('side')
  const at = (host: string) => ({ source: `https://${host}.example/a.pt`, target_subdir: 'a' })
  writeFileSync(join(cwd, 'one.json'), JSON.stringify([at('x')]))
  writeFileSync(join(cwd, 'two.json'), JSON.stringify([{ ...at('z'), name: 'z' }, at('y')]))
  const parts = {
    ...NO_PARTS,
    modelFiles: ['one.json', 'two.json'],
    models: ['{"source": "https://x.example/a.pt", "target_subdir": "../.."}'],
  }
  const clash = await failureOf(
    createVersion(ctx, 'one', request({ parts: { ...parts, models: [] }, cwd })),
  )
  expect(clash).toMatchObject({
    message: expect.stringContaining(`${cwd}/two.json $.models[1]`),
  })
  const typed = await failureOf(
    createVersion(ctx, 'one', request({ parts: { ...parts, modelFiles: [] }, cwd })),
  )
  expect(typed).toMatchObject({ code: 'SPEC_INVALID' })
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
