import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { draftFromFile } from '../../src/versions/drafts/from-file.ts'
import { failureOf } from '../helpers/failure.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const SNAPSHOT = JSON.stringify({ comfyui: 'a'.repeat(40), git_custom_nodes: {}, python: '3.12' })

let root: string

beforeEach(() => {
  root = tempDir('file')
})

function read(file: string, settings: { offline?: boolean } = {}) {
  return draftFromFile(createTestCtx({ cacheRoot: join(root, 'cache'), ...settings }).ctx, file)
}

/** An archive by Python's zipfile, which writes any name and any size that it is told. */
function zip(name: string, entries: Readonly<Record<string, string>>, patch = ''): string {
  const file = join(root, name)
  const script = `
import json, sys, zipfile
entries = json.load(sys.stdin)
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as archive:
    for name, text in entries.items():
        archive.writestr(name, text * (20_000_000 if text == 'BOMB' else 1))
data = bytearray(open(sys.argv[1], 'rb').read())
${patch}
open(sys.argv[1], 'wb').write(data)
`
  execFileSync('python3', ['-c', script, file], { input: JSON.stringify(entries) })
  return file
}

describe('a comfy-pack archive', () => {
  test('is read without being unpacked', async () => {
    const file = zip('x.cpack.zip', { 'input/a.png': '', 'snapshot.json': SNAPSHOT })
    expect((await read(file)).spec.env).toEqual({ COMFY_PYTHON: '3.12' })
    expect(readdirSync(root)).toEqual(['x.cpack.zip'])
  })

  test.each([
    ['has no snapshot', { 'workflow.json': '{}' }, ''],
    ['climbs', { '../../x': '', 'snapshot.json': SNAPSHOT }, ''],
    ['has an absolute name', { '/etc/x': '', 'snapshot.json': SNAPSHOT }, ''],
    ['is a bomb', { 'snapshot.json': 'BOMB' }, ''],
    ['is cut', { 'snapshot.json': SNAPSHOT }, 'data = data[:60]'],
    [
      'lies about its size',
      { 'snapshot.json': 'BOMB' },
      "at = data.rindex(b'PK\\x01\\x02'); data[at + 24 : at + 28] = (100).to_bytes(4, 'little')",
    ],
  ])('that %s is refused', async (_what, entries, patch) => {
    expect(await failureOf(read(zip('bad.zip', entries, patch)))).toMatchObject({
      code: 'IMPORT_UNREADABLE',
    })
  })
})

test('an abbreviated commit is completed by its repository', async () => {
  const repo = createRepo(join(root, 'repos/pack.git'), {
    commits: [{ files: { a: '1' } }, { files: { a: '2' } }],
  })
  const server = await startGitServer({ root: join(root, 'repos') })
  const url = `${server.url}/pack.git`
  const [first = '', second = ''] = repo.commits
  const file = join(root, 'custom_nodes.json')
  const entries = [
    { repo: url, commit: first.slice(0, 7) },
    { repo: `${server.url}/gone.git`, commit: second.slice(0, 7) },
  ]
  writeFileSync(file, JSON.stringify(entries))
  const { spec, notes } = await read(file)
  expect(spec.custom_nodes?.map(({ commit }) => commit)).toEqual([first, second.slice(0, 7)])
  expect(notes).toMatchObject([{ code: 'COMMIT_SHORT', subject: 'gone' }])
  server.requests.length = 0
  expect((await read(file, { offline: true })).notes).toHaveLength(2)
  expect(server.requests).toEqual([])
})

test('what is no file is refused', async () => {
  expect(await failureOf(read(join(root, 'no')))).toMatchObject({ code: 'IMPORT_UNREADABLE' })
  expect(await failureOf(read(root))).toMatchObject({ code: 'IMPORT_UNREADABLE' })
  writeFileSync(join(root, 'empty'), '')
  expect(await failureOf(read(join(root, 'empty')))).toMatchObject({
    code: 'IMPORT_UNKNOWN_FORMAT',
  })
})

test('nothing of the machine is read but the file', async () => {
  const file = join(root, 'x.json')
  writeFileSync(file, SNAPSHOT)
  await read(file)
  expect(readdirSync(root)).toEqual(['x.json'])
  expect(readFileSync(file, 'utf8')).toBe(SNAPSHOT)
})
