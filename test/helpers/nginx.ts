import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'
import { until } from './poll.ts'
import { tempDir, whenOver } from './temp.ts'

export interface Nginx {
  /** Without a slash at its end. */
  readonly url: string
  /** Put files there. */
  readonly root: string
}

/**
 * The real nginx, serving a folder; without one the test is skipped.
 * @param location directives for all files, such as `limit_rate 1m;`
 */
export async function startNginx(ctx: TestContext, location = ''): Promise<Nginx> {
  const program = findNginx()
  if (program === null) return ctx.skip('nginx is not installed')
  const dir = tempDir('nginx')
  const root = join(dir, 'root')
  mkdirSync(root)
  const port = await freePort()
  writeFileSync(join(dir, 'nginx.conf'), configOf(dir, root, port, location))
  const args = ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')]
  const child = spawn(program, args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  whenOver(async () => {
    child.kill('SIGQUIT')
    await ended
  })
  const url = `http://127.0.0.1:${port}`
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    { what: 'nginx' },
  )
  return { url, root }
}

function configOf(dir: string, root: string, port: number, location: string): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${dir}/${name};`)
    .join(' ')
  return `
    daemon off; worker_processes 1; pid ${dir}/pid; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 256; }
    http {
      access_log off; sendfile on; ${temp}
      limit_conn_zone $binary_remote_addr zone=clients:1m;
      server { listen 127.0.0.1:${port}; root ${root}; location / { ${location} } }
    }`
}

function findNginx(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, 'nginx')).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // only asked
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
