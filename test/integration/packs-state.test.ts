import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'

let world: World

/** `writer` has a private copy by itself, `good` is linked; `lab` has state in the first. */
beforeAll(async () => {
  world = await createWorld()
  const packs = [world.pack('writer'), world.pack('good')]
  world.writeSpec('lab', { custom_nodes: packs })
  expect(await world.json(['realize', 'lab'])).toMatchObject({ exitCode: 0 })
  put(inPack('lab', 'config.json'), '{"mine": true}')
  put(inPack('lab', 'lists/styles.csv'), 'a,b\n')
  put(inPack('lab', 'token.txt'), 'hunter22', 0o600)
  put(inPack('lab', 'shipped.txt'), 'mine\n')
}, 240_000)

function put(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content, { mode })
  chmodSync(path, mode)
}

function inPack(id: string, path = '', pack = 'writer'): string {
  return join(world.home(id), 'custom_nodes', pack, path)
}

function inState(id: string, path = ''): string {
  return join(world.versionsDir, `${id}.state`, path)
}

function text(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

const FILES = ['config.json', 'lists/styles.csv', 'shipped.txt', 'token.txt']
const BYTES = '{"mine": true}a,b\nhunter22mine\n'.length

/** What `lab` keeps, in a home or beside a spec. */
function texts(folder: string) {
  return FILES.map((path) => text(join(folder, path)))
}

const KEPT = ['{"mine": true}', 'a,b\n', 'mine\n', 'hunter22']

describe('show', () => {
  test('tells how much state a pack has', async () => {
    const { data } = await world.json(['show', 'lab'])
    expect(data.packs).toMatchObject([
      { name: 'writer', state: { in: 'home', files: 4, size: BYTES } },
      { name: 'good', state: null },
    ])
    const { stdout } = await world.run(['show', 'lab', '--lang', 'ru'])
    expect(stdout).toContain('состояние, файлов: 4')
  })
})

describe('clone', () => {
  test('takes the state along, beside the new spec, and says what it took', async () => {
    const { exitCode, data } = await world.json(['clone', 'lab', 'second'])
    expect({ exitCode, data }).toMatchObject({
      exitCode: 0,
      data: { state: [{ pack: 'writer', files: FILES, size: BYTES }], kept_state: null, notes: [] },
    })
    expect(texts(inState('second', 'writer'))).toEqual(KEPT)
    expect(statSync(inState('second')).mode & 0o777).toBe(0o700)
    expect(statSync(inState('second', 'writer/token.txt')).mode & 0o777).toBe(0o600)
    const spec = JSON.parse(readFileSync(join(world.versionsDir, 'second.json'), 'utf8'))
    expect(spec.custom_nodes).toMatchObject([{ state: 'second.state/writer' }, {}])
    expect(spec.custom_nodes[1]).not.toHaveProperty('state')
    expect((await world.json(['show', 'second'])).data.packs[0]).toMatchObject({
      state: { in: 'spec', files: 4, size: BYTES },
    })
  })

  test('names files and never their content', async () => {
    const { stdout, stderr } = await world.run(['clone', 'lab', 'named'])
    expect(stdout).toContain('state of pack writer, files: 4 (')
    for (const path of FILES) expect(stdout).toContain(`  ${path}\n`)
    expect(stdout + stderr).not.toContain('hunter22')
    const russian = await world.run(['clone', 'lab', 'named', '--force', '--lang', 'ru'])
    expect(russian.stdout).toContain('состояние пака writer, файлов: 4')
    expect(russian.stdout).toContain(`прежнее состояние сохранено: ${inState('named')}.bak`)
    expect(texts(`${inState('named')}.bak/writer`)).toEqual(KEPT)
  })

  test('that is realized starts with it; equal pins, equal files', async () => {
    expect(await world.json(['realize', 'second'])).toMatchObject({ exitCode: 0 })
    expect(texts(inPack('second'))).toEqual(KEPT)
    expect(statSync(inPack('second', 'token.txt')).mode & 0o777).toBe(0o600)
    expect(await world.json(['diff', 'lab', 'second'])).toMatchObject({
      exitCode: 0,
      data: { level: 'home', equal: true },
    })
    expect(await world.json(['diff', 'lab', 'second', '--spec'])).toMatchObject({ exitCode: 0 })
    expect(await world.json(['validate', 'second'])).toMatchObject({ data: { problems: [] } })
  })

  test('keeps what its home has from then on, whatever the seed says', async () => {
    put(inPack('second', 'config.json'), 'newer')
    rmSync(inPack('second', 'lists'), { recursive: true })
    put(inState('second', 'writer/config.json'), 'seed')
    expect(await world.json(['realize', 'second'])).toMatchObject({ data: { changed: false } })
    const file = join(world.versionsDir, 'second.json')
    const { commits } = world.repo('writer')
    const moved = readFileSync(file, 'utf8').replace(commits[0] ?? '', commits[1] ?? '')
    writeFileSync(file, moved)
    expect(await world.json(['realize', 'second'])).toMatchObject({ data: { changed: true } })
    expect(text(inPack('second', 'config.json'))).toBe('newer')
    expect(existsSync(inPack('second', 'lists'))).toBe(false)
    expect(text(inPack('second', 'shipped.txt'))).toBe('mine\n')
    const { data } = await world.json(['clone', 'second', 'third'])
    expect(data.state[0].files).toEqual(['config.json', 'shipped.txt', 'token.txt'])
    expect(text(inState('third', 'writer/config.json'))).toBe('newer')
  })

  test('starts from the seed again when its copy was deleted', async () => {
    rmSync(inPack('second'), { recursive: true })
    expect(await world.json(['realize', 'second'])).toMatchObject({ data: { changed: true } })
    expect(text(inPack('second', 'config.json'))).toBe('seed')
  })

  test('of a version without a home takes its seed', async () => {
    await world.json(['clone', 'lab', 'homeless'])
    const { data } = await world.json(['clone', 'homeless', 'grandchild'])
    expect(data.state).toEqual([{ pack: 'writer', files: FILES, size: BYTES }])
    expect(texts(inState('grandchild', 'writer'))).toEqual(KEPT)
  })

  test('leaves it when asked to, also what the spec names', async () => {
    const { data } = await world.json(['clone', 'homeless', 'bare', '--no-state'])
    expect(data.state).toEqual([])
    expect(existsSync(inState('bare'))).toBe(false)
    expect(text(join(world.versionsDir, 'bare.json'))).not.toContain('state')
  })

  test('leaves out what is no state, and says so', async () => {
    world.writeSpec('messy', { custom_nodes: [world.pack('writer')] })
    await world.json(['realize', 'messy'])
    put(inPack('messy', 'mine.txt'), 'mine')
    put(inPack('messy', 'big.bin'), 'x'.repeat(16 * 1024 ** 2 + 1))
    put(inPack('messy', 'nested/.git/config'), '[core]')
    put(inPack('messy', 'nested/.git/HEAD'), 'x')
    put(inPack('messy', '__pycache__/a.pyc'), 'x')
    symlinkSync('/etc/passwd', inPack('messy', 'link'))
    const { data } = await world.json(['clone', 'messy', 'tidy'])
    expect(data.state).toEqual([{ pack: 'writer', files: ['mine.txt'], size: 4 }])
    expect(data.notes).toEqual([
      { code: 'STATE_LEFT_OUT', subject: 'writer/big.bin', detail: '16 MiB' },
      { code: 'STATE_LEFT_OUT', subject: 'writer/link', detail: '→ /etc/passwd' },
      { code: 'STATE_LEFT_OUT', subject: 'writer/nested/.git', detail: '.git/' },
    ])
  })

  test('never replaces a folder of state unasked', async () => {
    put(inState('taken', 'mine.txt'), 'mine')
    expect(await world.json(['clone', 'lab', 'taken'])).toMatchObject({
      exitCode: 2,
      error: { code: 'FILE_EXISTS', params: { path: inState('taken') } },
    })
    expect(existsSync(join(world.versionsDir, 'taken.json'))).toBe(false)
    expect(text(inState('taken', 'mine.txt'))).toBe('mine')
  })

  test('tells of a linked pack that has written since, and takes nothing of it', async () => {
    const shared = join(readlinkSync(inPack('lab', '', 'good')), 'late.txt')
    put(shared, 'whose?')
    const { data } = await world.json(['clone', 'lab', 'early'])
    rmSync(shared)
    expect(data.state).toMatchObject([{ pack: 'writer' }])
    expect(data.notes).toEqual([{ code: 'STATE_SHARED', subject: 'good', detail: 'late.txt' }])
  })

  test('removes what an interrupted one left a day ago', async () => {
    const [old, young] = ['000000000000', '111111111111'].map((name) =>
      join(world.versionsDir, `.${name}.state.tmp`),
    )
    for (const dir of [old, young]) mkdirSync(dir ?? '')
    utimesSync(old ?? '', 0, 0)
    await world.json(['clone', 'lab', 'swept'])
    expect([old, young].map((dir) => existsSync(dir ?? ''))).toEqual([false, true])
  })

  test('cannot tell the state of a copy whose checkout is gone', async () => {
    const checkout = readFileSync(join(world.home('lab'), '.comfypin-packs/writer.from'), 'utf8')
    renameSync(checkout, `${checkout}.away`)
    const answer = await world.json(['clone', 'lab', 'blind'])
    const bare = await world.json(['clone', 'lab', 'blind', '--no-state'])
    renameSync(`${checkout}.away`, checkout)
    expect(answer).toMatchObject({ exitCode: 1, error: { code: 'STATE_UNKNOWN' } })
    expect(bare).toMatchObject({ exitCode: 0, data: { state: [] } })
  })
})

describe('a spec with state', () => {
  test('gives a pack that would be linked a copy of its own', async () => {
    put(inState('linked', 'good/settings.ini'), '[a]\n')
    world.writeSpec('linked', {
      custom_nodes: [{ ...world.pack('good'), state: 'linked.state/good' }],
    })
    await world.json(['realize', 'linked'])
    expect(lstatSync(inPack('linked', '', 'good')).isDirectory()).toBe(true)
    expect(text(inPack('linked', 'settings.ini', 'good'))).toBe('[a]\n')
    expect(existsSync(join(readlinkSync(inPack('lab', '', 'good')), 'settings.ini'))).toBe(false)
  })

  test('that is given to a home with a link comes into it', async () => {
    const packs = [world.pack('writer'), { ...world.pack('good'), state: 'late.state/good' }]
    world.writeSpec('late', { custom_nodes: [world.pack('writer'), world.pack('good')] })
    await world.json(['realize', 'late'])
    put(inState('late', 'good/settings.ini'), '[b]\n')
    world.writeSpec('late', { custom_nodes: packs })
    expect(await world.json(['realize', 'late'])).toMatchObject({ data: { changed: true } })
    expect(text(inPack('late', 'settings.ini', 'good'))).toBe('[b]\n')
  })

  test.each([
    ['there is no such folder', () => {}],
    ['it is no folder', (dir: string) => put(dir, 'a file')],
    ['it leads out of its folder', (dir: string) => symlinkSync('/etc', dir)],
    ['"evil" is no plain file or folder', (dir: string) => link(join(dir, 'evil'))],
    [
      '".git/config" is part of a git repository',
      (dir: string) => put(join(dir, '.git/config'), ''),
    ],
  ])('is refused before anything is fetched: %s', async (reason, make) => {
    rmSync(inState('hostile'), { recursive: true, force: true })
    mkdirSync(inState('hostile'))
    make(inState('hostile', 'writer'))
    world.writeSpec('hostile', {
      custom_nodes: [{ ...world.pack('writer'), state: 'hostile.state/writer' }],
    })
    const params = { name: 'writer', path: inState('hostile', 'writer'), reason }
    for (const command of [['realize'], ['realize', '--dry-run'], ['clone', 'copy']]) {
      const [name = '', ...rest] = command
      const answer = await world.json([name, 'hostile', ...rest])
      expect(answer).toMatchObject({ exitCode: 2, error: { code: 'STATE_UNUSABLE', params } })
    }
    expect(existsSync(world.home('hostile'))).toBe(false)
    expect((await world.json(['validate', 'hostile'])).data.problems).toContainEqual(
      expect.objectContaining({ subject: 'pack writer', code: 'STATE_UNUSABLE' }),
    )
  })

  function link(path: string): void {
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync('/etc/passwd', path)
  }
})

describe('a realize that was killed while it exchanged a copy', () => {
  beforeAll(async () => {
    world.writeSpec('newer', { custom_nodes: [world.pack('writer', 1)] })
    await world.json(['realize', 'newer'])
  })

  test.each(['before', 'between'])('%s its renames goes on with the new commit', async (id) => {
    world.writeSpec(id, { custom_nodes: [world.pack('writer')] })
    await world.json(['realize', id])
    put(inPack(id, 'mine.txt'), 'mine')
    const packs = (of: string) => join(world.home(of), '.comfypin-packs')
    mkdirSync(join(packs(id), 'writer.next'))
    copyFileSync(join(packs('newer'), 'writer.from'), join(packs(id), 'writer.coming'))
    if (id === 'between') renameSync(inPack(id), join(packs(id), 'writer.old'))
    world.writeSpec(id, { custom_nodes: [world.pack('writer', 1)] })
    await world.json(['realize', id])
    expect(text(inPack(id, 'shipped.txt'))).toBe('two\n')
    expect(text(inPack(id, 'mine.txt'))).toBe('mine')
    expect(readdirSync(packs(id))).toEqual(['writer.from'])
  })
})

describe('delete', () => {
  test('leaves the state, and takes it with the spec only when files of yours may go', async () => {
    const { data } = await world.json(['clone', 'lab', 'doomed'])
    expect(data.state).toHaveLength(1)
    const all = ['delete', 'doomed', '--yes', '--remove-spec']
    const refused = await world.json(all)
    expect(refused).toMatchObject({ exitCode: 1, error: { code: 'DELETE_USER_FILES' } })
    expect(refused.error.params).toMatchObject({ home: inState('doomed'), count: 4 })
    expect(refused.error.params.files).toContain('doomed.state/writer/token.txt')
    const gone = await world.json([...all, '--with-user-files'])
    expect(gone.data.items.map(({ kind }: { kind: string }) => kind)).toEqual([
      ...['state', 'lock', 'pylock', 'spec'],
    ])
    expect(readdirSync(world.versionsDir).filter((name) => name.startsWith('doomed'))).toEqual([])
  })

  test('of the home alone leaves it', async () => {
    await world.json(['delete', 'linked', '--yes', '--with-user-files'])
    expect(text(inState('linked', 'good/settings.ini'))).toBe('[a]\n')
  })

  test('removes a link in its place and nothing that it leads to', async () => {
    const other = join(world.root, 'other')
    put(join(other, 'mine.txt'), 'mine')
    world.writeSpec('aliased', {})
    symlinkSync(other, inState('aliased'))
    const answer = await world.json([
      ...['delete', 'aliased', '--yes', '--remove-spec', '--with-user-files'],
    ])
    expect(answer.exitCode).toBe(0)
    expect(existsSync(inState('aliased'))).toBe(false)
    expect(text(join(other, 'mine.txt'))).toBe('mine')
  })
})
