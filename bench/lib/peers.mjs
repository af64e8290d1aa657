import { existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { capture } from './process.mjs'
import { onPath, versionOf } from './tools.mjs'

/** Where servers are, which a user's PATH may leave out. */
const SERVERS = ['/usr/sbin', '/sbin']

/**
 * Programs of others: `get` installs one from PyPI in a venv of its own with its bytecode, as pip
 * would; `find` looks for one of the system's. One that cannot be had here comes back as
 * `{ unavailable }`, and its line in the table says so.
 */
export function createPeers({ work, tools, onlineEnv, progress }) {
  const versions = {}
  const install = async (name) => {
    const venv = join(work.peers, name)
    const python = join(venv, 'bin', 'python')
    const pip = [tools.uv, 'pip']
    if (!existsSync(join(venv, '.complete'))) {
      progress(`installing ${name}`)
      await capture([tools.uv, 'venv', '--quiet', '--clear', '--python', tools.python, venv], {
        env: onlineEnv,
      })
      await capture(
        [...pip, 'install', '--quiet', '--compile-bytecode', '--python', python, name],
        {
          env: onlineEnv,
        },
      )
      writeFileSync(join(venv, '.complete'), '')
    }
    const { stdout } = await capture([...pip, 'show', '--python', python, name], {
      env: onlineEnv,
    })
    versions[name] = /^Version: (.+)$/m.exec(stdout)?.[1] ?? '?'
    return { python, program: (program) => join(venv, 'bin', program), unavailable: null }
  }
  return {
    versions,
    get: async (name) => {
      try {
        return await install(name)
      } catch (error) {
        progress(`${name} is not available here: ${error.message}`)
        versions[name] = 'not available here'
        return { unavailable: `${name} could not be installed` }
      }
    },
    find: async (name, flag = '--version') => {
      const path = onPath({ PATH: [onlineEnv.PATH, ...SERVERS].join(delimiter) }, name)
      versions[name] =
        path === null ? 'not available here' : await versionOf([path, flag], onlineEnv)
      return { path, unavailable: path === null ? `${name} is not installed` : null }
    },
  }
}
