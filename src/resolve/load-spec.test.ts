import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { describeError } from '../core/describe-error.ts'
import { SpecInvalidError } from '../spec/problems.ts'
import { loadSpec } from './load-spec.ts'

const minimal = {
  schema_version: 2,
  version_id: 'main',
  comfy: { repo: 'https://example.org/a/ComfyUI' },
}

/** A versions folder with `main.json`. */
function setUp(spec: object | string = {}) {
  const versionsDir = join(tempDir(), 'versions')
  const file = join(versionsDir, 'main.json')
  mkdirSync(versionsDir)
  const text = typeof spec === 'string' ? spec : JSON.stringify({ ...minimal, ...spec }, null, 2)
  writeFileSync(file, text)
  const { ctx, events } = createTestCtx({ versionsDir })
  return { versionsDir, file, ctx, events, load: () => loadSpec(ctx, { id: 'main', path: null }) }
}

describe('a spec is found', () => {
  test('by its id in the versions folder', () => {
    const { load, file } = setUp()
    expect(load()).toMatchObject({ file, spec: { version_id: 'main' }, models: [] })
  })

  test('by a path, beside which its own id may be said, or its file name', () => {
    const { ctx, file, versionsDir } = setUp()
    const named = join(versionsDir, 'named.json')
    copyFileSync(file, named)
    for (const [id, path] of [
      [null, file],
      ['main', file],
      ['named', named],
      ['main', named],
    ] as const)
      expect(loadSpec(ctx, { id, path }).spec.version_id).toBe('main')
  })

  test('by a path, beside which another id is a mistake', async () => {
    const { ctx, file } = setUp()
    const failure = thrownBy(() => loadSpec(ctx, { id: 'other', path: file }))
    expect(failure).toMatchObject({
      code: 'USAGE',
      params: { reason: `${file} is the spec of "main", not of "other"` },
    })
    expect((await describeError(failure, 'ru')).message).toBe(
      `${file} — спецификация версии «main», а не «other»`,
    )
  })

  test('with its text as it is, because a home is compared with it', () => {
    const text = `\n${JSON.stringify(minimal)}\r\n\n`
    expect(setUp(text).load().text).toBe(text)
  })

  test('under a byte order mark', () => {
    expect(setUp(`\uFEFF${JSON.stringify(minimal)}`).load().spec.version_id).toBe('main')
  })
})

test('two specs with one id are told', () => {
  const { versionsDir, load, events } = setUp()
  writeFileSync(join(versionsDir, 'copy.json'), JSON.stringify(minimal))
  writeFileSync(join(versionsDir, 'torn.json'), '{')
  writeFileSync(join(versionsDir, 'else.json'), '{"version_id": "main2"}')
  load()
  expect(events).toContainEqual({
    type: 'warning',
    code: 'SPEC_ID_SHARED',
    params: { id: 'main', files: 'main.json, copy.json' },
  })
})

test.each([
  ['that does not exist', 'mian', 'SPEC_NOT_FOUND'],
  ['that leads out of the folder', '../main', 'ID_INVALID'],
  ['that is absolute', '/etc/passwd', 'ID_INVALID'],
  ['that is empty', '', 'ID_INVALID'],
])('an id %s is refused', (_, id, code) => {
  const { ctx } = setUp()
  expect(thrownBy(() => loadSpec(ctx, { id, path: null }))).toMatchObject({ code })
})

test('a mistyped id is guessed', () => {
  const { ctx } = setUp()
  const { params } = thrownBy(() => loadSpec(ctx, { id: 'mian', path: null }))
  expect(params['suggestion']).toContain('main')
  const at = thrownBy(() => loadSpec(ctx, { id: 'main', path: '/nowhere/main.json' }))
  expect(at.params['suggestion']).not.toContain('did you mean')
})

test('a folder in place of a spec cannot be read', () => {
  const { ctx, versionsDir } = setUp()
  expect(thrownBy(() => loadSpec(ctx, { id: null, path: versionsDir }))).toMatchObject({
    code: 'SPEC_UNREADABLE',
  })
})

describe('paths start at the spec file', () => {
  test.each([
    ['../ComfyUI', (dir: string) => join(dir, '../ComfyUI')],
    ['ComfyUI', (dir: string) => join(dir, 'ComfyUI')],
    ['/srv/ComfyUI', () => '/srv/ComfyUI'],
    ['~/ComfyUI', () => join(homedir(), 'ComfyUI')],
    ['~mine', (dir: string) => join(dir, '~mine')],
    ['git@example.org:a/b.git', (_: string, repo: string) => repo],
    ['example.org:a/b', (_: string, repo: string) => repo],
    ['ssh://git@example.org/a/b', (_: string, repo: string) => repo],
    ['file:///srv/ComfyUI', (_: string, repo: string) => repo],
  ])('repository %s', (repo, expected) => {
    const name = 'pack'
    const { load, versionsDir } = setUp({ comfy: { repo }, custom_nodes: [{ repo, name }] })
    const { spec } = load()
    expect(spec.comfy.repo).toBe(expected(versionsDir, repo))
    expect(spec.custom_nodes[0]?.repo).toBe(expected(versionsDir, repo))
  })

  test.each([
    ['../models/a.pt', (dir: string) => join(dir, '../models/a.pt')],
    ['a b.pt', (dir: string) => join(dir, 'a b.pt')],
    ['a%20b.pt', (dir: string) => join(dir, 'a%20b.pt')],
    ['file:a%20b.pt', (dir: string) => join(dir, 'a b.pt')],
    ['file:a%3Ab.pt', (dir: string) => join(dir, 'a:b.pt')],
    ['file:100%.pt', (dir: string) => join(dir, '100%.pt')],
    ['file:~/a.pt', () => join(homedir(), 'a.pt')],
    ['~/a.pt', () => join(homedir(), 'a.pt')],
    ['file:///srv/a%20b.pt', (_: string, source: string) => source],
    ['hf://org/repo/a.pt', (_: string, source: string) => source],
    ['https://example.org/a.pt', (_: string, source: string) => source],
  ])('model %s', (source, expected) => {
    const { load, versionsDir } = setUp({ models: [{ source }] })
    expect(load().models[0]?.model.source).toBe(expected(versionsDir, source))
  })

  test('also when the spec is named by a relative path', () => {
    const { ctx, file, versionsDir } = setUp({ comfy: { repo: 'ComfyUI' } })
    const { spec } = loadSpec(ctx, { id: null, path: relative(process.cwd(), file) })
    expect(spec.comfy.repo).toBe(join(versionsDir, 'ComfyUI'))
  })
})

describe('what is wrong', () => {
  test('is told in one error, problems of models’ targets included, each at its line', () => {
    const models = [
      { source: 'https://example.org/a.pt' },
      { source: 'https://example.org/b/a.pt' },
      { source: 'ftp://example.org/a.pt' },
    ]
    const { load, file } = setUp({ models })
    const error = thrownBy(load)
    expect(error).toBeInstanceOf(SpecInvalidError)
    expect(error).toMatchObject({
      code: 'SPEC_INVALID',
      problems: [
        { file, path: '$.models[1]', line: 11 },
        { file, path: '$.models[2].source', line: 15 },
      ],
    })
  })

  test.each([
    { models: [{ source: 'ftp://me:secret@example.org/a.pt' }] },
    { models: [{ source: `https://me:secret@example.org/${'x'.repeat(99)}\n` }] },
    { comfy: { repo: 'sftp://me:secret@example.org/a' } },
  ])('never tells a login: %j', (spec) => {
    const error = thrownBy(setUp(spec).load)
    expect(error.code).toBe('SPEC_INVALID')
    expect(JSON.stringify(error) + error.message).not.toContain('secret')
  })

  test('warns of nothing else as long as the spec is refused', () => {
    const { load, events } = setUp({ comfy: {}, unknown: 1 })
    expect(thrownBy(load).code).toBe('SPEC_INVALID')
    expect(events).toEqual([])
  })

  test('but can be lived with is a warning', () => {
    const { load, events, file } = setUp({ unknown: 1 })
    load()
    const params = { file, path: '$.unknown' }
    expect(events).toEqual([{ type: 'warning', code: 'SPEC_UNKNOWN_KEY', params }])
  })
})
