import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { exec, mergeEnv, type ExecOptions } from '../../src/platform/exec.ts'
import { failureOf } from '../helpers/failure.ts'
import { isAlive, until } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

/** Run a program in the language of the shell. */
function sh(script: string, options: ExecOptions = {}, ctx = createTestCtx().ctx) {
  return exec(ctx, ['sh', '-c', script], options)
}

/** Run a program in JavaScript. */
function js(script: string, options: ExecOptions = {}, ctx = createTestCtx().ctx) {
  return exec(ctx, [process.execPath, '-e', script], options)
}

test('a program is told by its exit code and its two streams', async () => {
  expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
    exitCode: 3,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
    stalled: false,
  })
})

test('a program that a signal ended has no exit code', async () => {
  expect(await sh('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
})

test('a program that does not exist is no exit code either', async () => {
  expect(await failureOf(exec(createTestCtx().ctx, ['/nowhere/program']))).toMatchObject({
    code: 'ENOENT',
  })
  expect(await failureOf(sh('true', { cwd: '/nowhere' }))).toMatchObject({ code: 'ENOENT' })
})

test('arguments reach the program as they are', async () => {
  const words = ['$HOME', '; exit 1', 'a b', '"', "'", '*', '']
  const print = 'console.log(JSON.stringify(process.argv.slice(1)))'
  const { stdout } = await exec(createTestCtx().ctx, [
    process.execPath,
    '-e',
    print,
    '--',
    ...words,
  ])
  expect(JSON.parse(stdout)).toEqual(words)
})

describe('the environment', () => {
  test('is that of the settings, with changes', async () => {
    const env = { PATH: process.env['PATH'] ?? '', KEPT: '1', HIDDEN: '2', GONE: '3' }
    const { ctx } = createTestCtx({ env })
    const { stdout } = await sh('env', { env: { HIDDEN: 'x', GONE: null, NEW: 'y' } }, ctx)
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['KEPT=1', 'HIDDEN=x', 'NEW=y']))
    expect(stdout).not.toMatch(/^GONE=/m)
  })

  test('of the caller stays as it was', () => {
    const base = { A: '1' }
    expect(mergeEnv(base, { A: null, B: '2' })).toEqual({ B: '2' })
    expect(base).toEqual({ A: '1' })
  })
})

describe('input', () => {
  test('reaches the program, however long', async () => {
    const input = 'line\n'.repeat(100_000)
    expect((await sh('wc -c', { input })).stdout.trim()).toBe(`${input.length}`)
  })

  test('may be left unread', async () => {
    expect(await sh('exit 4', { input: 'x'.repeat(1 << 20) })).toMatchObject({ exitCode: 4 })
  })

  test('that nobody gives ends at once', async () => {
    expect((await sh('cat')).stdout).toBe('')
  })
})

describe('lines', () => {
  async function linesOf(script: string, lines: 'stderr' | 'both' = 'stderr') {
    const seen: string[] = []
    const { stderr } = await js(script, { lines, onLine: (line) => seen.push(line) })
    return { seen, stderr }
  }

  test('are told one by one, the last one without a line break too', async () => {
    const { seen, stderr } = await linesOf('process.stderr.write("one\\ntwo\\r\\n\\nlast")')
    expect(seen).toEqual(['one', 'two', '', 'last'])
    expect(stderr).toBe('one\ntwo\r\n\nlast')
  })

  test('of progress that draws over itself are lines too', async () => {
    expect((await linesOf('process.stderr.write("1 %\\r2 %\\r3 %\\n")')).seen).toEqual([
      '1 %',
      '2 %',
      '3 %',
    ])
  })

  test('of stdout are told when they are asked for', async () => {
    const script = 'console.log("out")'
    expect((await linesOf(script)).seen).toEqual([])
    expect((await linesOf(script, 'both')).seen).toEqual(['out'])
  })

  test('and characters that come in pieces are put together', async () => {
    const inTwo = `
      const bytes = Buffer.from('a \u{1F600}\\n')
      process.stderr.write(bytes.subarray(0, 4), () =>
        setTimeout(() => process.stderr.write(bytes.subarray(4)), 20))`
    expect((await linesOf(inTwo)).seen).toEqual(['a \u{1F600}'])
  })

  test('of a million bytes cost no more than their bytes', async () => {
    const { seen } = await linesOf('process.stderr.write("x".repeat(2 ** 25))')
    expect(seen.map(({ length }) => length)).toEqual([2 ** 25])
  })
})

describe('an interruption', () => {
  /** A program and a child of it, which both tell their process id. */
  async function interrupted(script: string, options: ExecOptions = {}) {
    const { ctx, abort } = createTestCtx()
    const pids: number[] = []
    const onLine = (line: string) => {
      pids.push(Number(line))
      if (pids.length === 2) abort()
    }
    const failure = await failureOf(sh(script, { ...options, onLine, lines: 'both' }, ctx))
    return { failure, pids }
  }

  test('ends the program and everything that it started', async () => {
    const { failure, pids } = await interrupted('echo $$; sleep 600 & echo $!; wait')
    expect(failure).toMatchObject({ code: 'INTERRUPTED' })
    expect(pids).toHaveLength(2)
    await until(() => !pids.some(isAlive))
  })

  test('ends those too that do not listen, after their time of grace', async () => {
    const deaf = "trap '' TERM; echo $$; (trap '' TERM; sleep 600) & echo $!; sleep 600; wait"
    const { failure, pids } = await interrupted(deaf, { graceMs: 100 })
    expect(failure).toMatchObject({ code: 'INTERRUPTED' })
    await until(() => !pids.some(isAlive))
  })

  test('lets a program put its things in order', async () => {
    const { ctx, abort } = createTestCtx()
    const file = `${tempDir()}/tidy`
    const tidy = `
      process.on('SIGTERM', () => process.exit(require('fs').writeFileSync('${file}', 'tidy')))
      setInterval(() => {}, 1000)
      console.log('ready')`
    await failureOf(js(tidy, { lines: 'both', onLine: abort }, ctx))
    expect(readFileSync(file, 'utf8')).toBe('tidy')
  })

  test('that came before starts nothing', async () => {
    const { ctx, abort } = createTestCtx()
    const file = `${tempDir()}/started`
    abort()
    expect(await failureOf(sh(`touch ${file}`, {}, ctx))).toMatchObject({ code: 'INTERRUPTED' })
    expect(existsSync(file)).toBe(false)
  })
})

describe('a program that never ends', () => {
  test('is ended with its children when it is silent for too long', async () => {
    const pids: number[] = []
    const onLine = (line: string) => pids.push(Number(line))
    const silent = 'echo $$; sleep 600 & echo $!; wait'
    const result = await sh(silent, { idleTimeoutMs: 200, onLine, lines: 'both' })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL', stalled: true })
    await until(() => !pids.some(isAlive))
  })

  test('goes on as long as it says something', async () => {
    const talk = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i; sleep 0.1; done'
    expect(await sh(talk, { idleTimeoutMs: 1000 })).toMatchObject({ exitCode: 0, stalled: false })
  })

  test('is ended when what it says does not end', async () => {
    const failure = await failureOf(sh('yes >&2', { maxOutputBytes: 100_000 }))
    expect(failure).toMatchObject({ message: 'the output of sh does not end' })
  })
})
