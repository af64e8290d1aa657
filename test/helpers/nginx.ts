import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { findProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
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
  const program = findProgram('nginx')
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
