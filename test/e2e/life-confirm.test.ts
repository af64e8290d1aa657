import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { cleanEnv } from '../helpers/cli.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

/** Runs its arguments on a terminal of their own and hands on what is typed. */
const ON_TERMINAL = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`

interface Session {
  child: ChildProcess
  /** Resolves when the screen shows this. */
  shows(text: string): Promise<void>
  screen(): string
}

function homeOf(id: string): { root: string; home: string } {
  const root = tempDir('terminal')
  const home = join(root, `comfy-${id}`)
  mkdirSync(home)
  const marker = { schema: 1, tool: 'comfypin', version_id: id, packs: [] }
  writeFileSync(join(home, '.comfypin.json'), JSON.stringify(marker))
  return { root, home }
}

function startOnTerminal(root: string, ...args: string[]): Session {
  const argv = ['-c', ON_TERMINAL, process.execPath, inject('cliPath'), ...args]
  const child = spawn('python3', argv, { env: { ...cleanEnv(root), TERM: 'xterm' }, cwd: root })
  whenOver(() => void child.kill('SIGKILL'))
  let screen = ''
  const waiting: { text: string; go: () => void }[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    for (const { text, go } of waiting) if (screen.includes(text)) go()
  })
  const shows = (text: string) =>
    new Promise<void>((go) => (screen.includes(text) ? go() : void waiting.push({ text, go })))
  return { child, shows, screen: () => screen }
}

test.each([
  ['y', false],
  ['yes', false],
  ['да', false],
  ['', true],
  ['n', true],
  ['yep', true],
])('"%s" typed at the question leaves the home: %s', async (typed, stays) => {
  const { root, home } = homeOf('asked')
  const { child, shows, screen } = startOnTerminal(root, 'delete', 'asked')
  await shows('Go on? [y/N] ')
  expect(screen()).toContain(home)
  child.stdin?.write(`${typed}\n`)
  const [exitCode] = await once(child, 'close')
  expect({ exitCode, stays: existsSync(home) }).toEqual({ exitCode: stays ? 1 : 0, stays })
})

test.each([
  ['Ctrl-C', '\u0003', 130],
  ['the end of the input', '\u0004', 1],
])('%s at the question deletes nothing', async (_, typed, expected) => {
  const { root, home } = homeOf('asked')
  const { child, shows } = startOnTerminal(root, 'delete', 'asked', '--lang', 'ru')
  await shows('Продолжить? [y/N] ')
  child.stdin?.write(typed)
  const [exitCode] = await once(child, 'close')
  expect({ exitCode, stays: existsSync(home) }).toEqual({ exitCode: expected, stays: true })
})
