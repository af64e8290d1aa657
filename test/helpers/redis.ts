import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'vitest'
import { findProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
import { tempDir, whenOver } from './temp.ts'

/**
 * A real Redis on a port of its own, ended with the test; without one the test is skipped.
 * @returns its port
 */
export async function startRedis(ctx: TestContext, args: readonly string[] = []): Promise<number> {
  const program = findProgram('redis-server')
  if (program === null) return ctx.skip('redis-server is not installed')
  const port = await freePort()
  const fixed = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    tempDir('redis'),
  ]
  const child = spawn(program, [...fixed, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  whenOver(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  let log = ''
  for await (const chunk of child.stdout) {
    log += String(chunk)
    if (log.includes('Ready to accept connections')) break
  }
  return port
}
