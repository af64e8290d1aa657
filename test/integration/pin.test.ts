import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startPythonIndex, writeWheels, type PythonIndex } from '../helpers/python-index.ts'
import { tempDir } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
let index: PythonIndex
let env: Record<string, string | undefined>

beforeAll(async () => {
  world = await createWorld()
  index = await startPythonIndex([
    { name: 'alpha', version: '1.0' },
    { name: 'alpha', version: '2.0', requires: ['beta'] },
    { name: 'beta', version: '1.0' },
    { name: 'beta', version: '2.0' },
    { name: 'gamma', version: '1.0', requires: ['alpha<2'] },
  ])
  env = {
    UV_FIND_LINKS: undefined,
    UV_CACHE_DIR: tempDir('uv'),
    UV_DEFAULT_INDEX: index.url,
  }
})

describe('a requirements file', () => {
  test('becomes the exact list of everything that it leads to', async () => {
    const dir = write({
      'requirements.txt':
        "-r more/base.txt\n-c limits.txt\nalpha\nbeta ; sys_platform == 'atari'\n",
      'more/base.txt': 'gamma===1.0  # exact\n',
      'limits.txt': 'beta<9\n',
    })
    const { exitCode, data } = await pin(join(dir, 'requirements.txt'))
    expect(exitCode).toBe(0)
    expect(data.packages).toEqual([
      { name: 'alpha', version: '1.0', url: null },
      { name: 'gamma', version: '1.0', url: null },
    ])
    expect(data.text).toMatch(
      /^# pinned by comfypin for Python 3\.\d+ on \w+ \w+ from requirements/,
    )
    expect(data.text).not.toContain(dir)
  })

  test('may name addresses and files beside it', async () => {
    const url = `${index.server.url}/files/beta-1.0-py3-none-any.whl`
    const dir = write({ 'requirements.txt': `beta @ ${url}\n./wheels/own-3.0-py3-none-any.whl\n` })
    writeWheels(join(dir, 'wheels'), [{ name: 'own', version: '3.0' }])
    const { data } = await pin(join(dir, 'requirements.txt'))
    expect(data.packages[0]).toEqual({ name: 'beta', version: null, url })
    expect(data.text).toContain('own-3.0-py3-none-any.whl')
  })

  test('may bring an index of its own', async () => {
    const other = await startPythonIndex([{ name: 'beta', version: '7.0' }])
    const dir = write({ 'requirements.txt': `--extra-index-url ${other.url}\nbeta\n` })
    const { data } = await pin(join(dir, 'requirements.txt'))
    expect(data.packages).toEqual([{ name: 'beta', version: '7.0', url: null }])
  })

  test('is told on stdout, ready to be installed', async () => {
    const dir = write({ 'requirements.txt': 'alpha==2.0\n' })
    const { stdout, exitCode } = await world.run(['pin', join(dir, 'requirements.txt')], env)
    expect(exitCode).toBe(0)
    expect(stdout.split('\n').slice(1)).toEqual(['alpha==2.0', 'beta==2.0', ''])
  })

  test('has the hash of every file when that is wanted', async () => {
    const dir = write({ 'requirements.txt': 'beta\n' })
    const { data } = await pin(join(dir, 'requirements.txt'), ['--hashes'])
    expect(data.text).toMatch(/^beta==2\.0 \\\n {4}--hash=sha256:[0-9a-f]{64}$/m)
    expect(data.packages).toEqual([{ name: 'beta', version: '2.0', url: null }])
  })
})

describe('a list that is written', () => {
  test('keeps its versions until they are to be renewed', async () => {
    const dir = write({ 'requirements.txt': 'beta<2\n' })
    const [file, output] = [join(dir, 'requirements.txt'), join(dir, 'pinned.txt')]
    const first = await world.run(['pin', file, '-o', output], env)
    expect(first.stdout).toMatch(/^packages: 1, Python 3\.\d+\.\d+: .*pinned\.txt$/m)
    writeFileSync(file, 'beta\n')
    await pin(file, ['-o', output])
    expect(readFileSync(output, 'utf8')).toContain('beta==1.0\n')
    await pin(file, ['-o', output, '--upgrade'])
    expect(readFileSync(output, 'utf8')).toContain('beta==2.0\n')
  })

  test('is never the file that was read', async () => {
    const dir = write({ 'requirements.txt': 'beta\n' })
    const file = join(dir, 'requirements.txt')
    expect(await pin(file, ['-o', file])).toMatchObject({ exitCode: 2, error: { code: 'USAGE' } })
    expect(readFileSync(file, 'utf8')).toBe('beta\n')
  })

  test('is not written when nothing was found', async () => {
    const dir = write({ 'requirements.txt': 'gamma\nalpha>=2\n' })
    const output = join(dir, 'pinned.txt')
    const answer = await pin(join(dir, 'requirements.txt'), ['-o', output])
    expect(answer).toMatchObject({ exitCode: 1, error: { code: 'PYTHON_CONFLICT' } })
    expect(existsSync(output)).toBe(false)
  })
})

describe('wheels', () => {
  test('of a folder replace every index', async () => {
    const dir = write({ 'requirements.txt': 'beta\n' })
    const wheels = join(dir, 'my wheels')
    writeWheels(wheels, [{ name: 'beta', version: '1.5+local' }])
    const requests = index.server.requests.length
    const file = join(dir, 'requirements.txt')
    const { data } = await pin(file, ['--wheels-dir', wheels, '--offline'])
    expect(data.packages).toEqual([{ name: 'beta', version: '1.5+local', url: null }])
    expect(index.server.requests.length).toBe(requests)
  })

  test('of a map are taken for whoever asks, and for nobody else', async () => {
    const url = `${index.server.url}/files/beta-1.0-py3-none-any.whl`
    const dir = write({ 'requirements.txt': 'alpha==2.0\n', 'map.json': '' })
    writeWheels(dir, [{ name: 'gamma', version: '4.0' }])
    const map = { BETA: url, gamma: 'gamma-4.0-py3-none-any.whl' }
    writeFileSync(join(dir, 'map.json'), JSON.stringify(map))
    const mapped = ['--map-wheel-urls', join(dir, 'map.json')]
    expect((await pin(join(dir, 'requirements.txt'), mapped)).data.packages).toEqual([
      { name: 'alpha', version: '2.0', url: null },
      { name: 'beta', version: null, url },
    ])
  })

  test('of a pylock are taken as well', async () => {
    const url = `${index.server.url}/files/beta-1.0-py3-none-any.whl`
    const dir = write({
      'requirements.txt': 'alpha==2.0\n',
      'pylock.toml': `lock-version = "1.0"\n\n[[packages]]\nname = "beta"\nversion = "1.0"\nwheels = [{ url = "${url}", hashes = {} }]\n`,
    })
    const mapped = ['--map-wheel-urls', join(dir, 'pylock.toml')]
    const { data } = await pin(join(dir, 'requirements.txt'), mapped)
    expect(data.packages).toContainEqual({ name: 'beta', version: null, url })
  })

  test.each([
    ['{}', 'it names no wheel'],
    ['{"beta": 1}', 'expected string'],
    ['{"beta": ', 'JSON'],
    ['{"beta": "https://x/y.whl --index-url http://evil"}', 'is not an address'],
    ['{"beta": "git+ssh:x"}', 'is not an address'],
    ['{"beta ; x": "https://x/y.whl"}', 'is not a package name'],
  ])('of a map that is none are refused: %s', async (text, reason) => {
    const dir = write({ 'requirements.txt': 'beta\n', 'map.json': text })
    const mapped = ['--map-wheel-urls', join(dir, 'map.json')]
    expect(await pin(join(dir, 'requirements.txt'), mapped)).toMatchObject({
      exitCode: 2,
      error: { code: 'WHEEL_MAP_INVALID', message: expect.stringContaining(reason) },
    })
  })
})

test('a line that is no requirement is shown', async () => {
  const dir = write({ 'requirements.txt': 'alpha\nthis is prose\n' })
  expect(await pin(join(dir, 'requirements.txt'))).toMatchObject({
    exitCode: 2,
    error: {
      code: 'REQUIREMENT_INVALID',
      params: { owner: 'requirements.txt', line: 'this is prose' },
    },
  })
})

test('a file that is not there is said so', async () => {
  expect(await pin('/nowhere/requirements.txt')).toMatchObject({
    exitCode: 2,
    error: { code: 'REQUIREMENTS_UNREADABLE' },
  })
})

function pin(file: string, more: string[] = []) {
  return world.json(['pin', file, ...more], env)
}

function write(files: Readonly<Record<string, string>>): string {
  const dir = tempDir('requirements')
  mkdirSync(join(dir, 'more'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  return dir
}
