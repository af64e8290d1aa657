import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { findProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
import type { SelfSigned } from './self-signed.ts'
import { tempDir, whenOver } from './temp.ts'

/**
 * A real Redis on a port of its own, ended with the test; without one the test is skipped.
 * @returns its port
 */
export async function startRedis(
  ctx: TestContext,
  args: readonly string[] = [],
  tls: SelfSigned | null = null,
): Promise<number> {
  const program = findProgram('redis-server')
  if (program === null) return ctx.skip('redis-server is not installed')
  const port = await freePort()
  const fixed = [
    ...(tls === null ? ['--port', `${port}`] : [...['--port', '0'], ...tlsArgs(port, tls)]),
    ...['--bind', '127.0.0.1', '--save', '', '--dir', tempDir('redis')],
  ]
  const child = spawn(program, [...fixed, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  whenOver(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += String(chunk)))
  for await (const chunk of child.stdout) {
    log += String(chunk)
    if (log.includes('Ready to accept connections')) return port
  }
  if (isWithoutTls(log)) return ctx.skip('this redis-server knows no TLS')
  throw new Error(log)
}

function tlsArgs(port: number, { key, certFile }: SelfSigned): string[] {
  const keyFile = join(tempDir('redis-tls'), 'key.pem')
  writeFileSync(keyFile, key)
  return [
    ...['--tls-port', `${port}`, '--tls-auth-clients', 'no'],
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile],
  ]
}

/** Redis is built with it or without; a build without does not know its settings. */
function isWithoutTls(log: string): boolean {
  return /Bad directive[^]*tls-|tls-[^]*Bad directive|not built with TLS/.test(log)
}
