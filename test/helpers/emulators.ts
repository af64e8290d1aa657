import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { withLockFile } from '../../src/platform/lock-file.ts'
import { ensureUv } from '../../src/python/uv.ts'
import { freePort } from './free-port.ts'
import { until } from './poll.ts'
import { whenOver } from './temp.ts'
import { createTestCtx } from './test-ctx.ts'
import { testCache } from './wheels.ts'

/** From PyPI; each comes with the server that it is called for. */
const PACKAGES = ['moto[server,s3]==5.2.5', 'gcp-storage-emulator==2026.7.19']

/** An object store on this machine, or why there is none. */
export type Emulator = { readonly url: string } | { readonly lacking: string }

/** Amazon S3 as moto plays it: objects are private, any key may do everything. */
export function startS3Emulator(): Promise<Emulator> {
  return start((bin, port) => [join(bin, 'moto_server'), '-H', '127.0.0.1', '-p', port])
}

/** Google Cloud Storage, which asks nobody for credentials. */
export function startGsEmulator(): Promise<Emulator> {
  return start((bin, port) => [
    join(bin, 'gcp-storage-emulator'),
    ...['start', '--host', '127.0.0.1', '--port', port, '--in-memory', '--quiet'],
  ])
}

/** A client that may do everything there. */
export function createS3Client(
  endpoint: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): S3Client {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
}

async function start(commandOf: (bin: string, port: string) => string[]): Promise<Emulator> {
  let bin: string
  try {
    bin = await emulatorsBin()
  } catch (error) {
    return { lacking: `the emulators cannot be installed: ${String(error)}` }
  }
  const port = String(await freePort())
  const [command = '', ...args] = commandOf(bin, port)
  const child = spawn(command, args, { stdio: 'ignore' })
  whenOver(() => void child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  await until(() => answers(url), { what: `${command} at ${url}`, timeoutMs: 60_000 })
  return { url }
}

/** Made once for each content of `PACKAGES`. */
async function emulatorsBin(): Promise<string> {
  const name = createHash('sha256').update(PACKAGES.join('\n')).digest('hex').slice(0, 12)
  const venv = join(testCache, `emulators-${name}`)
  const { ctx } = createTestCtx({ cacheRoot: testCache })
  await withLockFile(ctx, `${venv}.lock`, async () => {
    if (existsSync(join(venv, '.complete'))) return
    const uv = await ensureUv(ctx, false)
    for (const args of [
      ['venv', '--clear', venv],
      ['pip', 'install', '--python', join(venv, 'bin/python'), ...PACKAGES],
    ])
      await promisify(execFile)(uv, args)
    writeFileSync(join(venv, '.complete'), '')
  })
  return join(venv, 'bin')
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url)
    return true
  } catch {
    return false // not listening yet
  }
}
