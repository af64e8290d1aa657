import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { tempDir } from '../helpers/temp.ts'
import { createWorld, shareBytecode, type World } from '../helpers/world.ts'
import { makeZip, zipOf, type ZipEntry } from '../helpers/zip.ts'

let world: World
let bundle: string
/** Another machine: other caches, versions and homes, and nothing in them. */
let elsewhere: Record<string, string>

/** The core follows a branch, which moves after the export. */
beforeAll(async () => {
  world = await createWorld()
  bundle = join(world.root, 'lab.zip')
  const root = tempDir('elsewhere')
  elsewhere = {
    COMFY_VERSIONS_DIR: join(root, 'versions'),
    COMFY_CACHE_ROOT: join(root, 'cache'),
    COMFY_BUILDS_ROOT: join(root, 'homes'),
    MODELS_DIR: join(root, 'models'),
  }
  shareBytecode(join(root, 'cache'))
  world.writeSpec('lab', {
    comfy: { repo: world.repo('core').url, ref: 'main' },
    custom_nodes: [{ ...world.pack('writer'), name: 'notes' }, world.pack('good')],
    models: [world.model('one.safetensors')],
    env: { GREETING: 'hello' },
  })
  expect(await world.json(['realize', 'lab'])).toMatchObject({ exitCode: 0 })
  put(inPack(world.home('lab'), 'config.json'), '{"mine": true}')
  put(inPack(world.home('lab'), 'lists/стили.csv'), 'a,b\n')
  put(inPack(world.home('lab'), 'token.txt'), 'hunter22', 0o600)
  put(inPack(world.home('lab'), 'tool.sh'), '#!/bin/sh\n', 0o777)
}, 240_000)

const FILES = ['config.json', 'lists/стили.csv', 'token.txt', 'tool.sh']

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
}

function inPack(home: string, path: string): string {
  return join(home, 'custom_nodes/notes', path)
}

function there(...path: string[]): string {
  return join(elsewhere['COMFY_VERSIONS_DIR'] ?? '', ...path)
}

describe('export --format bundle', () => {
  test('writes one private file, names what it took, and is the same each time', async () => {
    const command = ['export', 'lab', '--format', 'bundle', '--output', bundle]
    const { exitCode, data } = await world.json(command)
    expect({ exitCode, data }).toMatchObject({
      exitCode: 0,
      data: { format: 'bundle', file: bundle, document: null, notes: [] },
    })
    expect(data.state).toMatchObject([{ pack: 'notes', files: FILES }])
    expect(statSync(bundle).mode & 0o777).toBe(0o600)
    const first = readFileSync(bundle)
    const again = await world.run([...command, '--force'])
    expect(again.stdout).toContain('  lists/стили.csv\n')
    expect(again.stdout + again.stderr).not.toContain('hunter22')
    expect(readFileSync(bundle).equals(first)).toBe(true)
    expect(await world.json(command)).toMatchObject({ error: { code: 'FILE_EXISTS' } })
  })

  test('needs a file to write', async () => {
    const answer = await world.json(['export', 'lab', '--format', 'bundle'])
    expect(answer).toMatchObject({ exitCode: 2, error: { code: 'USAGE' } })
  })

  test('leaves the state out when asked to', async () => {
    const file = join(world.root, 'bare.zip')
    const flags = ['--format', 'bundle', '--output', file, '--no-state']
    expect((await world.json(['export', 'lab', ...flags])).data.state).toEqual([])
    expect(readFileSync(file, 'latin1')).not.toContain('token.txt')
  })

  test('makes paths whole, and warns of what only this machine has', async () => {
    const { dir, commits } = world.repo('good')
    const near = join(world.versionsDir, 'near')
    symlinkSync(dir, near)
    world.writeSpec('local', { custom_nodes: [{ repo: './near', commit: commits[0] }] })
    const file = join(world.root, 'local.zip')
    const { stderr } = await world.run(['export', 'local', '--format', 'bundle', '--output', file])
    expect(stderr).toContain(`only this machine has ${near}`)
    const created = await world.json(['create', 'local', '--from', file], elsewhere)
    expect(created.data.spec.custom_nodes).toEqual([{ repo: near, commit: commits[0] }])
  })
})

describe('create --from a bundle', () => {
  test('gives the same version elsewhere, and asks nobody for its pins', async () => {
    world.repo('core').commit({ files: { 'later.txt': 'later\n' } })
    const asked = world.git.requests.length
    const { exitCode, data } = await world.json(['create', 'copy', '--from', bundle], elsewhere)
    expect({ exitCode, data }).toMatchObject({
      exitCode: 0,
      data: {
        version_id: 'copy',
        state: [{ pack: 'notes', files: FILES }],
        spec: { custom_nodes: [{ name: 'notes', state: 'copy.state/notes' }, {}] },
        notes: [{ code: 'ID_REPLACED', subject: 'copy' }],
      },
    })
    expect(existsSync(data.lock) && existsSync(data.pylock)).toBe(true)
    expect(await world.json(['resolve', 'copy'], elsewhere)).toMatchObject({ exitCode: 0 })
    expect(world.git.requests.length).toBe(asked)
    expect(readdirSync(join(elsewhere['COMFY_CACHE_ROOT'] ?? '', 'tmp'))).toEqual([])
  })

  test('that is realized has the same commits, packages and files', async () => {
    const { exitCode, data } = await world.json(['realize', 'copy'], elsewhere)
    expect(exitCode).toBe(0)
    const locked = data.steps.find(({ kind }: { kind: string }) => kind === 'python-lock')
    expect(locked.action).toBe('reuse')
    for (const path of FILES)
      expect(readFileSync(inPack(data.home, path), 'utf8')).toBe(
        readFileSync(inPack(world.home('lab'), path), 'utf8'),
      )
    const mode = (path: string) => statSync(inPack(data.home, path)).mode & 0o777
    expect([mode('token.txt'), mode('tool.sh')]).toEqual([0o600, 0o755])
    expect(await world.json(['diff', world.home('lab'), data.home])).toMatchObject({
      exitCode: 0,
      data: { level: 'home', equal: true, changes: [] },
    })
  })

  test('takes flags over it, and leaves the state out when asked to', async () => {
    const flags = ['--no-state', '--env', 'GREETING=bye', '--python-package', 'x']
    const answer = await world.json(['create', 'bare', '--from', bundle, ...flags], elsewhere)
    expect(answer).toMatchObject({ exitCode: 0, data: { state: [] } })
    expect(answer.data.spec).toMatchObject({ env: { GREETING: 'bye' }, python_packages: ['x'] })
    expect(existsSync(there('bare.state'))).toBe(false)
  })

  test('writes nothing in a dry run, and tells what it would take', async () => {
    const flags = ['--from', bundle, '--dry-run']
    const answer = await world.json(['create', 'dry', ...flags], elsewhere)
    expect(answer).toMatchObject({ data: { state: [{ pack: 'notes', files: FILES }] } })
    expect(readdirSync(there()).filter((name) => name.startsWith('dry'))).toEqual([])
  })

  test('keeps what it replaces with --force', async () => {
    const answer = await world.json(['create', 'copy', '--from', bundle, '--force'], elsewhere)
    expect(answer.data).toMatchObject({ kept_state: there('copy.state.bak') })
    expect(readFileSync(there('copy.state.bak/notes/token.txt'), 'utf8')).toBe('hunter22')
  })
})

describe('a bundle of strangers', () => {
  const manifest = JSON.stringify({ tool: 'comfypin', bundle: 1, version_id: 'evil' })

  /** Parts of a bundle that is right but for what a test adds. */
  function parts(): Record<string, string> {
    const repo = world.repo('core').url
    const comfy = { repo, ref: null, commit: world.repo('core').commits[0] ?? '' }
    const own = { schema_version: 2, version_id: 'evil', comfy: { repo, commit: comfy.commit } }
    const writer = { ...world.pack('writer'), state: '../../etc' }
    const options = { offline: false, skip_models: false }
    const lists = { custom_nodes: [], models: [], python_packages: [], env: {} }
    return {
      'comfypin-bundle.json': manifest,
      'spec.json': JSON.stringify({ ...own, custom_nodes: [writer] }),
      'lock.json': JSON.stringify({ schema_version: 1, version_id: 'x', comfy, ...lists, options }),
    }
  }

  async function create(zip: Buffer) {
    const file = join(tempDir('bundle'), 'evil.zip')
    writeFileSync(file, zip)
    const answer = await world.json(['create', 'evil', '--from', file], elsewhere)
    const left = readdirSync(there()).filter((name) => !/^(?:copy|bare|local)\b/.test(name))
    expect(readdirSync(join(elsewhere['COMFY_CACHE_ROOT'] ?? '', 'tmp'))).toEqual([])
    return { ...answer, left }
  }

  test('whose spec names a folder for its state gets the one of its id', async () => {
    const { data, exitCode } = await create(zipOf({ ...parts(), 'state/writer/a.txt': 'a' }))
    expect({ exitCode, packs: data?.spec.custom_nodes }).toMatchObject({
      exitCode: 0,
      packs: [{ state: 'evil.state/writer' }],
    })
    expect(readFileSync(there('evil.state/writer/a.txt'), 'utf8')).toBe('a')
    await world.json(['delete', 'evil', '--yes', '--remove-spec', '--with-user-files'], elsewhere)
  })

  test('with state for packs that it does not have is told so', async () => {
    const zip = zipOf({ ...parts(), 'state/nobody/a.txt': 'a', 'state/.ssh/b': 'b' })
    const { data } = await create(zip)
    expect(data.notes).toEqual([
      { code: 'STATE_LEFT_OUT', subject: '.ssh', detail: '1' },
      { code: 'STATE_LEFT_OUT', subject: 'nobody', detail: '1' },
    ])
    expect(existsSync(there('evil.state'))).toBe(false)
    await world.json(['delete', 'evil', '--yes', '--remove-spec'], elsewhere)
  })

  const file = (name: string, content = 'x'): ZipEntry => ({ name, content })
  const huge = 600 * 1024 ** 2
  test.each<[string, ZipEntry[]]>([
    ['../up.txt', [file('state/writer/../../../up.txt')]],
    ['absolute path', [file('/etc/cron.d/x')]],
    ['invalid characters', [file('state/writer/..\\x')]],
    ['no plain file or folder', [{ ...file('state/writer/link', '/etc'), mode: 0o120777 }]],
    ['stands in it twice', [file('state/writer/a'), file('state/writer/a')]],
    ['one name on some systems', [file('state/writer/a'), file('state/writer/A')]],
    ['git repository', [file('state/writer/.git/hooks/post-checkout')]],
    ['too large', [{ ...file('state/writer/big'), claimBytes: huge }]],
    ['encrypted', [{ ...file('state/writer/secret'), encrypted: true }]],
    ['unknown file "other.sh"', [file('other.sh')]],
    ['unknown file "state/writer"', [file('state/writer')]],
  ])('is refused as a whole: %s', async (reason, entries) => {
    const good = Object.entries(parts()).map(([name, content]) => ({ name, content }))
    const { exitCode, error, left } = await create(makeZip([...good, ...entries]))
    expect({ exitCode, code: error?.code, left }).toEqual({
      exitCode: 2,
      code: 'IMPORT_INVALID',
      left: [],
    })
    if (!reason.startsWith('../')) expect(error.message).toContain(reason)
    expect(existsSync(join(world.root, 'up.txt'))).toBe(false)
  })

  test.each([
    ['comfypin-bundle.json', '{"tool": "comfypin", "bundle": 2}', 'another format'],
    ['comfypin-bundle.json', '[', 'another format'],
    ['spec.json', '[1]', 'no spec'],
    ['spec.json', '['.repeat(100_000), 'no spec'],
    ['lock.json', '{}', 'lock.json: '],
    ['lock.json', '{"a":'.repeat(100_000), 'no lock'],
  ])('with a wrong %s is refused: %s', async (name, content, reason) => {
    const { error, left } = await create(zipOf({ ...parts(), [name]: content }))
    expect({ code: error?.code, left }).toEqual({ code: 'IMPORT_INVALID', left: [] })
    expect(error.message).toContain(reason)
  })

  test('whose spec is wrong is judged as any other', async () => {
    const spec = { schema_version: 2, version_id: 'evil', comfy: { repo: 'ext::sh -c true' } }
    const { error, left } = await create(zipOf({ ...parts(), 'spec.json': JSON.stringify(spec) }))
    expect({ code: error?.code, left }).toEqual({ code: 'SPEC_INVALID', left: [] })
  })

  test('that is cut off is no bundle any more', async () => {
    const { exitCode, left } = await create(zipOf(parts()).subarray(0, 200))
    expect({ exitCode, left }).toEqual({ exitCode: 2, left: [] })
  })

  test('with a file beyond the bounds loses that file alone', async () => {
    const zip = zipOf({
      ...parts(),
      'state/writer/big.bin': Buffer.alloc(16 * 1024 ** 2 + 1),
      'state/writer/a.txt': 'a',
    })
    const { data } = await create(zip)
    expect(data.state).toEqual([{ pack: 'writer', files: ['a.txt'], size: 1 }])
    expect(data.notes).toMatchObject([{ code: 'STATE_LEFT_OUT', subject: 'writer/big.bin' }])
  })
})
