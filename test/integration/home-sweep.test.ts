import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { homePaths } from '../../src/platform/paths.ts'
import { sweepHome } from '../../src/realize/home-guard.ts'
import { until } from '../helpers/poll.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

/** As uv does in a venv, for ever. */
const FILL = `
const { mkdirSync, writeFileSync } = require('node:fs')
for (let at = 0; ; at++) {
  mkdirSync(process.argv[1] + '/bin', { recursive: true })
  writeFileSync(process.argv[1] + '/bin/' + at, '')
}`

test('a program that outlived its realize is ended before what it stages is swept', async (ctx) => {
  if (!existsSync('/proc/self/cmdline')) ctx.skip('this system does not list its processes')
  const home = homePaths(tempDir('sweep'))
  const staged = join(home.home, '.venv.0123456789ab.tmp')
  const child = spawn(process.execPath, ['-e', FILL, '--', staged], { stdio: 'ignore' })
  whenOver(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  await until(() => existsSync(join(staged, 'bin/1')))
  await sweepHome(home)
  expect(await exit).toEqual([null, 'SIGKILL'])
  expect(existsSync(staged)).toBe(false)
})
