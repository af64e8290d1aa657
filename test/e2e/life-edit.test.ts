import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
}, 120_000)

const fileOf = (id: string) => join(world.versionsDir, `${id}.json`)
const textOf = (id: string) => readFileSync(fileOf(id), 'utf8')
const lockFile = (id: string) => join(world.cacheRoot, 'resolved', `${id}.lock.json`)
const lockOf = (id: string) => JSON.parse(readFileSync(lockFile(id), 'utf8'))

/** A spec with a style of its own, which edits must keep. */
function writeOwnStyle(id: string): string {
  const { url, commits } = world.repo('core')
  const text = `{
    "version_id": "${id}", "schema_version": 2,
    "comfy": { "repo": "${url}", "commit": "${commits[0]}" },
    "custom_nodes": [
        { "repo": "${world.repo('good').url}", "commit": "${world.repo('good').commits[0]}", "install_requirements": false }
    ],
    "python_packages": ["six", "comfypin-test-alpha>=2"],
    "env": {"B": "2", "A": "1"}
}
`
  writeFileSync(fileOf(id), text)
  return text
}

describe('add', () => {
  test('puts entries in, moves pins, pins what is new and leaves every other byte alone', async () => {
    const before = writeOwnStyle('grown')
    await world.json(['resolve', 'grown'])
    const { url: writer, commits } = world.repo('writer')
    const { data } = await world.json([
      ...['add', 'grown', '--node', writer, '--node', `${world.repo('good').url}@v1`],
      ...['--model', `source=${world.files.url}/one.safetensors,subdir=checkpoints`],
      ...['--python-package', 'six==1.16', '--env', 'A=9', '--env', 'C=3'],
    ])
    const good = `"repo": "${world.repo('good').url}"`
    expect(textOf('grown')).toBe(
      before
        .replace(
          `{ ${good}, "commit": "${world.repo('good').commits[0]}", "install_requirements": false }`,
          `{ ${good}, "install_requirements": false, "ref": "v1" },\n        { "repo": "${writer}" }`,
        )
        .replace('"six"', '"six==1.16"')
        .replace('"A": "1"}', '"A": "9", "C": "3"}')
        .replace(
          '"C": "3"}\n}',
          `"C": "3"},\n    "models": [{ "source": "${world.files.url}/one.safetensors", "target_subdir": "checkpoints" }]\n}`,
        ),
    )
    expect(
      data.edits.map(({ action, name }: Record<string, string>) => `${action} ${name}`),
    ).toEqual([
      'added writer',
      'replaced good',
      `added ${world.files.url}/one.safetensors`,
      'replaced six',
      'replaced A',
      'added C',
    ])
    expect(lockOf('grown').custom_nodes.map(({ commit }: { commit: string }) => commit)).toEqual([
      world.repo('good').commits[0],
      commits.at(-1),
    ])
  })

  test('leaves the old spec when the new one would not be valid or cannot be pinned', async () => {
    const before = writeOwnStyle('safe')
    const add = (...args: string[]) => world.json(['add', 'safe', ...args])
    expect((await add('--model', 'source=a.pt,subdir=../..')).error.code).toBe('SPEC_INVALID')
    expect((await add('--node', `${world.repo('writer').url}@nope`)).error.code).toBe(
      'GIT_REF_NOT_FOUND',
    )
    expect((await add('--node', 'two words')).error.code).toBe('ARGUMENT_INVALID')
    expect((await add('--env', 'A=9', '--dry-run')).data.edits).toHaveLength(1)
    expect(textOf('safe')).toBe(before)
    expect(existsSync(lockFile('safe'))).toBe(false)
  })

  test('wants something to add, and a version', async () => {
    expect(await world.run(['add', 'safe', '--lang', 'ru'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('нечего добавить'),
    })
    expect((await world.json(['add', 'nobody', '--env', 'A=1'])).error.code).toBe('SPEC_NOT_FOUND')
  })
})

describe('remove', () => {
  test('takes entries out by any of their names', async () => {
    const before = writeOwnStyle('shrunk')
    const { data } = await world.json(['remove', 'shrunk', 'good', 'Six', 'env:B', '--no-resolve'])
    expect(data.edits.map(({ part }: { part: string }) => part)).toEqual(['pack', 'package', 'env'])
    expect(textOf('shrunk')).toBe(
      before
        .replace(/\[\n {8}\{.*\n {4}\]/, '[]')
        .replace('"six", ', '')
        .replace('"B": "2", ', ''),
    )
  })

  test('tells every name that is not there, and a name that is there twice', async () => {
    writeOwnStyle('named')
    await world.json(['add', 'named', '--env', 'good=1', '--no-resolve'])
    const unknown = await world.run(['remove', 'named', 'x', 'good', 'y'])
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain('version "named" has no "x", "y"')
    expect(unknown.stderr).toContain('hint: it has pack:good, package:six')
    const shared = await world.run(['remove', 'named', 'good', '--lang', 'ru'])
    expect(shared.stderr).toContain('«good» может означать pack:good, env:good')
    const { stdout } = await world.run(['remove', 'named', 'env:good', '--no-resolve'])
    expect(stdout).toContain('  - env good\n')
  })
})

describe('clone', () => {
  test('gives the same commits under another id, and shares everything', async () => {
    const { url } = world.repo('good')
    world.writeSpec('first', { custom_nodes: [{ repo: url }] })
    await world.json(['resolve', 'first'])
    const pinned = lockOf('first')
    world.repo('good').commit({ files: { 'moved.txt': 'on\n' } })
    const { data } = await world.json(['clone', 'first', 'second'])
    expect(data).toMatchObject({ version_id: 'second', file: fileOf('second'), pylock: null })
    expect(textOf('second')).toBe(textOf('first').replace('"first"', '"second"'))
    expect(lockOf('second')).toEqual({ ...pinned, version_id: 'second' })
    const asked = world.git.requests.length
    expect((await world.json(['resolve', 'second'])).data.changes).toEqual([])
    expect(world.git.requests).toHaveLength(asked)
  })

  test('has nothing to do after the realize of the first but its own home', async () => {
    const pack = { custom_nodes: [world.pack('good')], models: [world.model('one.safetensors')] }
    world.writeSpec('original', pack)
    await world.json(['realize', 'original'])
    const { data } = await world.json(['clone', 'original', 'twin'])
    expect(existsSync(data.pylock)).toBe(true)
    expect(existsSync(world.home('twin'))).toBe(false)
    const [asked, fetched] = [world.git.requests.length, world.files.requests.length]
    const { data: realized } = await world.json(['realize', 'twin'])
    const kinds = realized.steps
      .filter(({ action }: { action: string }) => !['reuse', 'present', 'skip'].includes(action))
      .map(({ kind }: { kind: string }) => kind)
    expect(new Set(kinds)).toEqual(new Set(['venv', 'packages', 'bytecode', 'home', 'pack']))
    expect([world.git.requests.length, world.files.requests.length]).toEqual([asked, fetched])
    // the home of the first remembers its lock when the cache is gone
    rmSync(lockFile('original'))
    await world.json(['clone', 'original', 'heir'])
    expect(lockOf('heir').custom_nodes).toEqual(lockOf('twin').custom_nodes)
  }, 120_000)

  test('is refused over another version; --force keeps the old spec', async () => {
    world.writeSpec('from')
    world.writeSpec('over', { env: { OVER: '1' } })
    const before = readdirSync(world.versionsDir)
    expect(await world.json(['clone', 'from', 'over'])).toMatchObject({
      exitCode: 2,
      error: { code: 'SPEC_EXISTS' },
    })
    expect((await world.json(['clone', 'from', 'from'])).error.code).toBe('USAGE')
    expect((await world.json(['clone', 'from', '../x'])).error.code).toBe('ID_INVALID')
    expect((await world.json(['clone', 'nobody', 'x'])).error.code).toBe('SPEC_NOT_FOUND')
    expect(readdirSync(world.versionsDir)).toEqual(before)
    const { stdout } = await world.run(['clone', 'from', 'over', '--force', '--lang', 'ru'])
    expect(stdout).toContain('у from нет файла закрепления')
    expect(stdout).toContain(`прежний файл сохранён: ${fileOf('over')}.bak`)
    expect(JSON.parse(textOf('over')).version_id).toBe('over')
  })

  test('follows the older spelling of the id', async () => {
    const { url, commits } = world.repo('core')
    const text = `{"schema_version":2,"id":"older","comfy":{"repo":"${url}","commit":"${commits[0]}"}}`
    writeFileSync(fileOf('older'), text)
    await world.json(['clone', 'older', 'newer'])
    expect(textOf('newer')).toBe(text.replace('"older"', '"newer"'))
  })
})

describe('a side file', () => {
  const write = (name: string, text: string) => {
    const path = join(world.root, name)
    writeFileSync(path, text)
    return path
  }

  test('is checked as if it stood in a spec, and nothing is written', async () => {
    const good = write('good.yml', 'models:\n  - {source: hf://a/b/c.pt, target_subdir: vae}\n')
    const bad = write(
      'bad.json',
      '{"custom_nodes": [{"repo": "ext::x", "colour": 1}, {"repo": "a/../.."}]}',
    )
    const before = readdirSync(world.root, { recursive: true }).length
    const { exitCode, data } = await world.json([
      ...['validate', '--models-file', good, '--nodes-file', bad],
    ])
    expect(exitCode).toBe(1)
    expect(data.files).toEqual([bad, good])
    expect(data.problems[0]).toMatchObject({
      subject: `${bad} $.custom_nodes[0].repo`,
      problem: expect.stringContaining('expected a git repository'),
    })
    expect(readdirSync(world.root, { recursive: true })).toHaveLength(before)
    expect(await world.run(['validate', '--models-file', good])).toMatchObject({
      exitCode: 0,
      stdout: `${good}: no problems\n`,
    })
    expect(await world.run(['validate', '--models-file', good, '--lang', 'ru'])).toMatchObject({
      stdout: `${good}: проблем нет\n`,
    })
  })

  test('that is none is told', async () => {
    const text = write('text.yml', 'just words')
    const { data } = await world.json(['validate', '--models-file', text, '--nodes-file', '/nope'])
    expect(data.problems).toMatchObject([
      { subject: '/nope', problem: 'expected a file' },
      { subject: text, problem: 'expected a list, or an object with the list "models"' },
    ])
  })
})
