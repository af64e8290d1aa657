import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { collectRequirements } from './requirements.ts'

/** A folder with these files. */
function tree(files: Readonly<Record<string, string>>): string {
  const dir = tempDir('tree')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

/** Lines and warnings of one pack. */
async function pack(dir: string) {
  const { ctx, events } = createTestCtx()
  const packs = [{ name: 'pack', dir, installRequirements: true }]
  const input = { coreDir: tree({}), packs, pythonPackages: [] }
  const [source] = await collectRequirements(ctx, input)
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event] : []))
  return { lines: source?.lines, constraints: source?.constraints, warnings }
}

const fromLines = (...lines: string[]) => pack(tree({ 'requirements.txt': lines.join('\n') }))

async function spec(...pythonPackages: string[]) {
  const { ctx } = createTestCtx()
  const [source] = await collectRequirements(ctx, { coreDir: tree({}), packs: [], pythonPackages })
  return source?.lines
}

describe('owners', () => {
  test('are core, packs and spec, in that order', async () => {
    const { ctx } = createTestCtx()
    const sources = await collectRequirements(ctx, {
      coreDir: tree({ 'requirements.txt': 'torch' }),
      packs: [
        { name: 'b', dir: tree({ 'requirements.txt': 'six' }), installRequirements: true },
        { name: 'none', dir: tree({}), installRequirements: true },
        { name: 'off', dir: tree({ 'requirements.txt': 'six' }), installRequirements: false },
        { name: 'a', dir: tree({ 'requirements.txt': '' }), installRequirements: true },
      ],
      pythonPackages: ['webcolors==1.0'],
    })
    expect(sources.map(({ owner, lines }) => [owner, lines])).toEqual([
      ['core', ['torch']],
      ['b', ['six']],
      ['a', []],
      ['python_packages', ['webcolors==1.0']],
    ])
  })
})

describe('pyproject.toml', () => {
  const project = '[project]\ndependencies = ["six>=1", "foo ; os_name == \'nt\'"]\n'

  test('counts when there is no requirements.txt', async () => {
    const { lines } = await pack(tree({ 'pyproject.toml': project }))
    expect(lines).toEqual(['six>=1', "foo ; os_name == 'nt'"])
  })

  test('does not count beside a requirements.txt', async () => {
    const dir = tree({ 'pyproject.toml': project, 'requirements.txt': 'webcolors' })
    expect((await pack(dir)).lines).toEqual(['webcolors'])
  })

  test.each([
    '[project]\ndynamic = ["dependencies"]',
    '[project]\ndependencies = "six"',
    'project = 1',
  ])('without a list is none: %s', async (text) => {
    expect((await pack(tree({ 'pyproject.toml': text }))).lines).toEqual([])
  })

  test('that is no TOML is a warning', async () => {
    const { lines, warnings } = await pack(tree({ 'pyproject.toml': '[project' }))
    expect(lines).toBeUndefined()
    expect(warnings).toMatchObject([{ code: 'PYPROJECT_UNREADABLE', params: { owner: 'pack' } }])
  })
})

describe('what goes through as it is', () => {
  test.each([
    'six',
    'Six[a, b] >=1, <2 ; python_version > "3"',
    'six (>=1)',
    'six==1.0 --hash=sha256:00 --hash=sha256:11',
    'six @ https://host/six-1.0-py3-none-any.whl#sha256=00',
    'git+https://host/a/b@main#egg=b',
    'b @ git+ssh://git@host/a/b.git',
    'this is prose, and uv will say so',
  ])('%s', async (line) => {
    expect(await fromLines(line)).toMatchObject({ lines: [line], warnings: [] })
  })
})

describe('options of a pack', () => {
  test.each([
    '--index-url https://evil',
    '-i https://evil',
    '--extra-index-url=https://evil',
    '--find-links https://evil',
    '-f ./wheels',
    '--trusted-host evil',
    '--no-binary :all:',
    '--pre',
  ])('are ignored with a warning: %s', async (line) => {
    const { lines, warnings } = await fromLines('six', line)
    expect(lines).toEqual(['six'])
    expect(warnings).toMatchObject([
      { code: 'REQUIREMENT_OPTION_IGNORED', params: { owner: 'pack', line } },
    ])
  })

  test('on the line of a requirement are ignored too', async () => {
    const { lines, warnings } = await fromLines('six --global-option=x --hash=sha256:00')
    expect(lines).toEqual(['six --hash=sha256:00'])
    expect(warnings).toHaveLength(1)
  })
})

describe('includes', () => {
  test('are read in place, once each', async () => {
    const dir = tree({
      'requirements.txt': 'a\n-r sub/more.txt\nb',
      'sub/more.txt': 'c\n-r ../requirements.txt\n-r deep.txt',
      'sub/deep.txt': 'd',
    })
    expect((await pack(dir)).lines).toEqual(['a', 'c', 'd', 'b'])
  })

  test('of constraints are kept apart', async () => {
    const dir = tree({ 'requirements.txt': 'a\n-c bounds.txt', 'bounds.txt': 'b<2' })
    expect(await pack(dir)).toMatchObject({ lines: ['a'], constraints: ['b<2'] })
  })

  test.each([
    '-r ../other.txt',
    '-r /etc/passwd',
    '-r https://evil/x.txt',
    '-r gone.txt',
    '-r',
    '-c /etc/passwd',
  ])('stay inside the pack: %s', async (line) => {
    await expect(fromLines('six', line)).rejects.toMatchObject({
      code: 'REQUIREMENT_REFUSED',
      params: { owner: 'pack', line },
    })
  })

  test('do not follow a link out of the pack', async () => {
    const dir = tree({ 'requirements.txt': '-r link.txt' })
    symlinkSync('/etc/passwd', join(dir, 'link.txt'))
    await expect(pack(dir)).rejects.toMatchObject({ code: 'REQUIREMENT_REFUSED' })
  })
})

describe('a line that reaches too far is refused', () => {
  test.each([
    ['-e .', 'never installed'],
    ['-e ../evil', 'never installed'],
    ['.', 'neither a package nor a wheel'],
    ['../evil', 'neither a package nor a wheel'],
    ['/etc', 'neither a package nor a wheel'],
    ['~/evil.whl', 'neither a package nor a wheel'],
    ['x @ ./sub', 'neither a package nor a wheel'],
    ['x @ file:///etc/passwd', 'neither a package nor a wheel'],
    ['file:///etc/passwd', 'neither a package nor a wheel'],
    ['file://host/x.whl', 'malformed'],
    ['x @ git+file:///home/secret', 'git+file: is not a known kind'],
    ['ext::sh -c evil', 'ext: is not a known kind'],
    ['x @ https://evil/${HF_TOKEN}/x.whl', 'variables are not expanded'],
    ['x @ https://user:password@host/x.whl', 'it has a login'],
    ['x @ git+https://token@host/x', 'it has a login'],
    ['x\u0007', 'control characters'],
  ])('%s', async (line, reason) => {
    await expect(fromLines(line)).rejects.toMatchObject({
      code: 'REQUIREMENT_REFUSED',
      params: { owner: 'pack', reason: expect.stringContaining(reason) },
    })
  })

  test('a wheel outside the pack, even through a link', async () => {
    const outside = tree({ 'x-1.0-py3-none-any.whl': '' })
    const dir = tree({ 'requirements.txt': './x-1.0-py3-none-any.whl' })
    symlinkSync(join(outside, 'x-1.0-py3-none-any.whl'), join(dir, 'x-1.0-py3-none-any.whl'))
    await expect(pack(dir)).rejects.toMatchObject({
      params: { reason: 'the file is outside its repository' },
    })
  })
})

test('a wheel inside the pack becomes a URL', async () => {
  const dir = tree({
    'requirements.txt':
      "./lib/x-1.0-py3-none-any.whl ; os_name == 'posix'\ny @ lib/x-1.0-py3-none-any.whl",
    'lib/x-1.0-py3-none-any.whl': '',
  })
  const url = `file://${dir}/lib/x-1.0-py3-none-any.whl`
  expect((await pack(dir)).lines).toEqual([`${url} ; os_name == 'posix'`, `y @ ${url}`])
})

test('an editable clone of git becomes a plain one', async () => {
  expect((await fromLines('-e git+https://host/a/b#egg=b')).lines).toEqual([
    'git+https://host/a/b#egg=b',
  ])
})

describe('python_packages', () => {
  test('are requirements, comments allowed', async () => {
    expect(await spec('six', 'webcolors # why', '# nothing')).toEqual(['six', 'webcolors'])
  })

  test.each([
    '--index-url https://evil',
    '-r /etc/passwd',
    'six\n--index-url https://evil',
    'six --global-option=x',
    './x.whl',
    '-e .',
  ])('are no options and no paths: %j', async (line) => {
    await expect(spec(line)).rejects.toMatchObject({
      code: 'REQUIREMENT_REFUSED',
      params: { owner: 'python_packages' },
    })
  })

  test('may name a wheel of this machine', async () => {
    const wheel = join(tree({ 'x-1.0-py3-none-any.whl': '' }), 'x-1.0-py3-none-any.whl')
    expect(await spec(wheel)).toEqual([`file://${wheel}`])
  })
})
