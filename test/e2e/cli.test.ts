import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, inject, test, type TestContext } from 'vitest'
import { cleanEnv, runCli } from '../helpers/cli.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

const root = join(import.meta.dirname, '../..')

describe('what needs no version', () => {
  test.each(['--version', '-V'])('%s says the version of the package', async (flag) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(await runCli([flag])).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j gives the overview', async (args) => {
    const { exitCode, stdout, stderr } = await runCli(args)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: comfypin <command>/m)
    expect(stdout).toMatch(/^ +realize <id> +Make the home/m)
  })

  test('help speaks the language of the environment', async () => {
    const env = { LANG: 'ru_RU.UTF-8' }
    for (const args of [['--help'], ['--lang', 'ru'], ['--verbose', '-h']])
      expect(await runCli(args, { env })).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^Использование: comfypin <command>/m),
      })
    const { exitCode, stdout } = await runCli(['handler', 'run', '--help'], { env })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^Использование: comfypin run-handler <id>/m)
    expect(await runCli(['realize', '-h', '--lang', 'en'], { env })).toMatchObject({
      stdout: expect.stringMatching(/^Usage: comfypin realize <id>/m),
    })
  })

  test('an empty machine has no versions, and nothing is made on it', async () => {
    const home = tempDir('home')
    const options = { env: { HOME: home }, cwd: home }
    expect(await runCli(['list'], options)).toMatchObject({
      exitCode: 0,
      stdout: `no versions in ${home}/versions\nnext: comfypin create <id>\n`,
      stderr: '',
    })
    const { exitCode, stdout } = await runCli(['ls', '--json'], options)
    expect({ exitCode, answer: JSON.parse(stdout) }).toEqual({
      exitCode: 0,
      answer: {
        ok: true,
        command: 'list',
        data: { versions_dir: `${home}/versions`, versions: [] },
      },
    })
    const { data } = JSON.parse((await runCli(['paths', '--json'], options)).stdout)
    expect(Object.keys(data)).toEqual(
      expect.arrayContaining(['versions_dir', 'cache_root', 'models_dir', 'home']),
    )
    expect(await promisify(execFile)('find', [home])).toMatchObject({ stdout: `${home}\n` })
  })

  test('paths takes flags before variables, and shows the home of a version', async () => {
    const env = { COMFY_CACHE_ROOT: '/env/cache', MODELS_DIR: '/env/models' }
    const args = ['--json', 'paths', '--cache-root', '/flag/cache', 'a', '--verbose']
    const { stdout } = await runCli(args, { env: { ...env, COMFY_BUILDS_ROOT: '/builds' } })
    expect(JSON.parse(stdout).data).toMatchObject({
      cache_root: '/flag/cache',
      locks: '/flag/cache/resolved',
      models_dir: '/env/models',
      home: '/builds/comfy-a',
    })
    expect((await runCli(['paths', 'a'], { env })).stdout).toMatch(/^models_dir +\/env\/models$/m)
  })
})

describe('a mistake on the command line has exit code 2 and says what was meant', () => {
  test.each([
    [['realise', 'a'], 'unknown command "realise", did you mean "realize"?'],
    [['list', '--jsn'], 'unknown flag "--jsn", did you mean "--json"?'],
    [['realize'], 'the argument <id> is missing'],
    [['realize', '../x'], '"../x" is not a version id'],
    [['list', '--lang', 'de'], '--lang must be one of en, ru, not "de"'],
    [['list', '--progress', 'x'], '--progress must be one of auto, plain, ndjson, none, not "x"'],
    [['run-ui', 'a', '--port', '70000'], '--port must be a number from 1 to 65535, not "70000"'],
    [['run-ui', 'a', '--port=1.5'], '--port must be a number from 1 to 65535, not "1.5"'],
    [['run-handler', 'a'], 'the flag --workflow is missing'],
    [['completion', 'tcsh'], 'no completion for "tcsh"; there is one for bash, zsh, fish'],
  ])('%j', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(`comfypin: ${message}\n`)
    expect(stderr).toMatch(/^ {2}hint: /m)
  })

  test('a time limit that is none', async () => {
    const dir = tempDir('workflow')
    writeFileSync(join(dir, 'w.json'), '{"1": {"class_type": "X"}}')
    const args = ['run-handler', 'a', '--workflow', 'w.json', '--timeout', 'soon']
    const { exitCode, stderr } = await runCli(args, { cwd: dir })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--timeout must be a positive number of seconds, not "soon"')
  })

  test('a variable of the wrong form', async () => {
    expect(await runCli(['list'], { env: { COMFYPIN_DOWNLOADS: 'many' } })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('COMFYPIN_DOWNLOADS must be a positive number, not "many"'),
    })
  })

  test('in Russian', async () => {
    const { exitCode, stderr } = await runCli(['run-handler', 'a', '--lang=ru'])
    expect(exitCode).toBe(2)
    expect(stderr).toBe(
      'comfypin: не хватает флага --workflow\n  подсказка: смотрите comfypin run-handler --help\n',
    )
  })
})

describe('--json makes an error one JSON document, alone on stdout', () => {
  test.each([
    [['frobnicate', '--json'], 'USAGE', ''],
    [['--json', 'realize', 'nope'], 'SPEC_NOT_FOUND', 'realize'],
    [['list', '--json', '--nope'], 'USAGE', ''],
    [['realize', 'a', '--target', '', '--json'], 'USAGE', 'realize'],
    [['run-handler', 'a', '--json', '--workflow', '/nope.json'], 'WORKFLOW_UNREADABLE'],
  ])('%j', async (args, code, command = 'run-handler') => {
    const { exitCode, stdout, stderr } = await runCli(args)
    expect(exitCode).toBe(2)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({ ok: false, command, error: { code } })
    expect(stderr).toContain(`comfypin: ${answer.error.message}`)
    expect(stderr).toContain(answer.error.hint)
  })

  test('which is English for programs, whatever people read', async () => {
    const { stdout, stderr } = await runCli(['realize', 'nope', '--json', '--lang', 'ru'])
    expect(JSON.parse(stdout).error.message).toMatch(/^no spec for version "nope"/)
    expect(stderr).toMatch(/^comfypin: нет файла версии «nope»/)
  })
})

describe('a spec', () => {
  test('that does not exist is told with the ones that do', async () => {
    const dir = specs({ portrait: '{}' })
    const near = await runCli(['realize', 'portait'], { cwd: dir })
    expect(near).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('hint: did you') })
    expect(near.stderr).toContain('did you mean portrait?')
    const far = await runCli(['realize', 'x'], { cwd: dir })
    expect(far.stderr).toContain(`hint: ${dir}/versions has: portrait`)
  })

  const broken = [
    '{',
    '  "schema_version": 3,',
    '  "version_id": "a b",',
    '  "comfy": { "repo": 5 },',
    '  "custom_nodes": [{ "repo": "-x" }],',
    '  "models": [{ "source": "/m.bin", "target_path": "../up" }]',
    '}',
  ].join('\n')

  test.each(['validate', 'resolve', 'realize'])('has all its problems told by %s', async (name) => {
    const dir = specs({ broken })
    const { exitCode, stdout, stderr } = await runCli([name, 'broken'], { cwd: dir })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(`${dir}/versions/broken.json is not a valid spec:`)
    const places = [...stderr.matchAll(/^ {2}(\d+:\d+) {2}(\S+): expected/gm)]
    expect(places.map(([, at, path]) => `${at} ${path}`)).toEqual([
      '2:21 $.schema_version',
      '3:17 $.version_id',
      '4:22 $.comfy.repo',
      '5:30 $.custom_nodes[0].repo',
      '6:51 $.models[0].target_path',
    ])
  })

  test('has its problems in JSON too, with their places', async () => {
    const { stdout } = await runCli(['validate', 'broken', '--json'], { cwd: specs({ broken }) })
    const { code, problems } = JSON.parse(stdout).error
    expect(code).toBe('SPEC_INVALID')
    expect(problems[0]).toMatchObject({ line: 2, column: 21, path: '$.schema_version' })
  })

  test('that is no JSON is told with the place', async () => {
    const cwd = specs({ torn: '{\n  "schema_version": 2,\n  "comfy": {' })
    const { exitCode, stderr } = await runCli(['realize', 'torn'], { cwd })
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^ {2}3:\d+ {2}\$: expected JSON/m)
  })

  test('whose place cannot be read is told with the reason', async () => {
    const dir = specs({})
    for (const args of [['list'], ['realize', 'a']]) {
      const env = { COMFY_VERSIONS_DIR: join(root, 'package.json') }
      const { exitCode, stderr } = await runCli(args, { cwd: dir, env })
      expect(exitCode).toBe(2)
      expect(stderr).toContain(`${root}/package.json cannot be read: ENOTDIR`)
    }
    expect(await runCli(['realize', '--spec', '.'], { cwd: dir })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`${dir} cannot be read: EISDIR`),
    })
  })

  test.each([{}, { COMFYPIN_DEBUG: '1' }])('has no stack with %j', async (env) => {
    const { stderr } = await runCli(['realize', '--spec', '.'], { cwd: specs({}), env })
    expect(stderr).toMatch(/^comfypin: .*\n {2}hint: .*\n$/)
  })
})

describe('without permission', () => {
  test('to read the versions, list says so', async (ctx) => {
    const closed = closedDir(0o000)
    const { exitCode, stderr } = await runAsNobody(ctx, ['list', '--versions-dir', closed])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${closed} cannot be read: EACCES`)
    expect(stderr).toContain('hint: check the path and its permissions')
  })

  test.for([
    ['read', 0o000, 'ACCESS_DENIED'],
    ['write', 0o555, 'DISK_WRITE'],
  ] as const)('to %s the cache, resolve says so', async ([, mode, code], ctx) => {
    const closed = closedDir(mode)
    const versions = openDir()
    const comfy = { repo: 'https://example.invalid/core', commit: 'a'.repeat(40) }
    const spec = { schema_version: 2, version_id: 'a', comfy }
    writeFileSync(join(versions, 'a.json'), JSON.stringify(spec))
    const flags = ['--versions-dir', versions, '--cache-root', join(closed, 'cache'), '--json']
    const { exitCode, stdout, stderr } = await runAsNobody(ctx, ['resolve', 'a', ...flags])
    expect({ exitCode, code: JSON.parse(stdout).error.code }).toEqual({ exitCode: 1, code })
    expect(stderr).toContain('EACCES: permission denied')
    expect(stderr).toContain(`${closed}/cache`)
  })
})

describe('a reader of stdout', () => {
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`version-${n}`, '{}']))

  test('that has seen enough ends the program quietly', async () => {
    const script = '{ "$@"; echo "exit code $?" >&2; } | head -n 1'
    const command = ['-c', script, 'sh', process.execPath, inject('cliPath'), 'list']
    const cwd = specs(many)
    const { stdout, stderr } = await promisify(execFile)('sh', command, { cwd, env: cleanEnv(cwd) })
    expect(stdout).toMatch(/^version-0 +not realized .*\n$/)
    expect(stderr).toBe('exit code 0\n')
  })

  test('gets all of an answer that no pipe can hold', async () => {
    const { exitCode, stdout } = await runCli(['list', '--json'], { cwd: specs(many) })
    expect(exitCode).toBe(0)
    expect(stdout.length).toBeGreaterThan(200_000)
    expect(JSON.parse(stdout).data.versions).toHaveLength(2_000)
  })
})

/** A folder whose `versions` holds these specs. */
function specs(texts: Readonly<Record<string, string>>): string {
  const dir = tempDir('specs')
  mkdirSync(join(dir, 'versions'))
  for (const [id, spec] of Object.entries(texts))
    writeFileSync(join(dir, 'versions', `${id}.json`), spec)
  return dir
}

function openDir(): string {
  const dir = tempDir('open')
  chmodSync(dir, 0o755)
  return dir
}

function closedDir(mode: number): string {
  const dir = tempDir('closed')
  chmodSync(dir, mode)
  whenOver(() => chmodSync(dir, 0o700)) // before it is removed
  return dir
}

/** As a user to whom permissions apply: root is let in everywhere. */
async function runAsNobody(ctx: TestContext, args: readonly string[]) {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const start = async (argv: readonly string[]) => {
    const child = spawn(process.execPath, [inject('cliPath'), ...argv], {
      cwd: '/',
      env: cleanEnv('/nowhere'),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...nobody,
    })
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    const [exitCode, stdout, stderr] = await Promise.all([
      ended,
      text(child.stdout),
      text(child.stderr),
    ])
    return { exitCode, stdout, stderr }
  }
  if ((await start(['--version'])).exitCode !== 0)
    return ctx.skip('another user cannot read this checkout')
  return start(args)
}
