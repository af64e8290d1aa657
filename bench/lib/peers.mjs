import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture } from './process.mjs'

/**
 * Programs of others, each in a venv of its own with its bytecode, as pip would install it.
 * One that cannot be had here comes back as `{ unavailable }`, and its line in the table says so.
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
  }
}
