import { createEnvironments } from './environment.mjs'
import { readMachine } from './machine.mjs'
import { createPeers } from './peers.mjs'
import { preparePackage } from './product.mjs'
import { createShow } from './show.mjs'
import { findTools } from './tools.mjs'
import { createWork } from './work.mjs'

/**
 * What every row gets: options, folders, tools, environments, peers and the product under test.
 * `once(key, make)` makes a thing that rows share; `close()` stops what was started and removes the run's folder.
 */
export async function createBench(options) {
  const work = createWork()
  const { env, onlineEnv } = createEnvironments(work)
  const closers = [work.close]
  const made = new Map()
  const progress = (text) => console.error(`bench: ${text}`)
  progress('finding tools')
  const tools = await findTools({ work, env, onlineEnv })
  Object.assign(env, { COMFY_PYTHON: tools.python, COMFYPIN_UV: tools.uv })
  Object.assign(onlineEnv, { COMFY_PYTHON: tools.python, COMFYPIN_UV: tools.uv })
  progress('preparing the package')
  const product = await preparePackage({ work, build: options.build })
  return {
    ...options,
    work,
    env,
    onlineEnv,
    tools,
    product,
    progress,
    machine: readMachine(work.root),
    peers: createPeers({ work, tools, onlineEnv, progress }),
    show: createShow({ work, tools, product }),
    once: (key, make) => {
      if (!made.has(key)) made.set(key, make())
      return made.get(key)
    },
    onClose: (close) => void closers.unshift(close),
    close: async () => {
      for (const close of closers) await close()
    },
  }
}
