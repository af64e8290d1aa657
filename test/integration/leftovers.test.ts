import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { endLeftovers, findProcesses } from '../../src/platform/leftovers.ts'
import { until } from '../helpers/poll.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

/** Starts a child of its own; both live until they are killed. */
const FAMILY = `
const [up, argument] = process.argv.slice(1)
const child = "require('node:fs').writeFileSync(process.argv[1], ''); setInterval(() => {}, 1000)"
require('node:child_process').spawn(process.execPath, ['-e', child, '--', up], { stdio: 'ignore' })
setInterval(() => {}, 1000)`

test('programs that outlived a killed comfypin are gone, with what they started', async (ctx) => {
  if (!existsSync('/proc/self/cmdline')) ctx.skip('this system does not list its processes')
  const up = join(tempDir('leftovers'), 'up')
  const argument = `--git-dir=${up}`
  const args = ['-e', FAMILY, '--', up, argument]
  const leader = spawn(process.execPath, args, { stdio: 'ignore', detached: true })
  whenOver(() => void leader.kill('SIGKILL'))
  const ended = once(leader, 'exit')
  await until(() => existsSync(up))
  const family = () => findProcesses((one) => one.includes(argument) || one.includes(up))
  expect(family()).toHaveLength(2)
  await endLeftovers(argument)
  expect(findProcesses((one) => one.includes(argument))).toEqual([])
  expect(await ended).toEqual([null, 'SIGKILL'])
  await until(() => family().length === 0)
})
