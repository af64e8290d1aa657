import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './instance.mjs'
import { requireHere } from './missing.mjs'

const POLL_MS = 10

/**
 * Serve the files of a folder with nginx on 127.0.0.1, as fast as this machine can.
 * @param certificate `{ cert, key }` for https, or null
 * @returns {Promise<string>} the address of `root`
 * @throws Missing
 */
export async function serveWithNginx(bench, root, certificate = null) {
  const nginx = await bench.peers.find('nginx', '-v')
  requireHere(nginx)
  const port = await freePort()
  const dir = join(bench.work.run, `nginx-${port}`)
  mkdirSync(dir)
  writeFileSync(join(dir, 'nginx.conf'), config({ dir, root, port, certificate }))
  const args = ['-p', dir, '-e', join(dir, 'error.log'), '-c', join(dir, 'nginx.conf')]
  const child = spawn(nginx.path, args, { env: bench.env, stdio: 'ignore' })
  const exited = once(child, 'exit')
  bench.onClose(async () => {
    child.kill()
    await exited
  })
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended\n${logOf(dir)}`)
    await delay(POLL_MS)
  }
  return `${certificate === null ? 'http' : 'https'}://127.0.0.1:${port}`
}

function config({ dir, root, port, certificate }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
pid ${dir}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes auto;
events {}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port}${certificate === null ? '' : ' ssl'};
    root ${root};
    ${certificate === null ? '' : `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`}
  }
}
`
}

async function accepts(port) {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    if (error.code === 'ECONNREFUSED') return false
    throw error
  } finally {
    socket.destroy()
  }
}

function logOf(dir) {
  const file = join(dir, 'error.log')
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : ''
}
