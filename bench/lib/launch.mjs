import { readFileSync, readlinkSync } from 'node:fs'
import { freePort, startUntilReady } from './instance.mjs'

/** `comfypin run-ui` of a realized version, until it answers HTTP. */
export async function startWithComfypin(bench, area, id, env = {}) {
  const port = await freePort()
  return startUntilReady(bench, runUi(area, id, port), {
    env: { ...area.env, ...env },
    cwd: area.dir,
    port,
  })
}

export function runUi(area, id, port) {
  return area.command('run-ui', id, '--port', String(port))
}

/** The same as comfypin would start it, without comfypin: the venv's python with the same arguments. */
export async function startDirectly(bench, launch, env = {}) {
  const port = await freePort()
  return startUntilReady(bench, argvWithPort(launch, String(port)), {
    env: { ...launch.env, ...env },
    cwd: launch.cwd,
    port,
  })
}

export function argvWithPort({ argv }, port) {
  return argv.map((word, index) => (argv[index - 1] === '--port' ? port : word))
}

/**
 * How comfypin starts ComfyUI: arguments, environment and folder of the running process, as the
 * kernel tells them.
 */
export async function recordLaunch(bench, area, id) {
  const port = await freePort()
  let launch = null
  await startUntilReady(bench, [...runUi(area, id, port), '--progress', 'ndjson'], {
    env: area.env,
    cwd: area.dir,
    port,
    whileUp: async (logFile) => {
      launch = readProcess(await pidOf(logFile))
    },
  })
  return launch
}

/** comfypin reports the instance a moment after it answers. */
async function pidOf(logFile) {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const pid = /"instance\.ready".*?"pid":(\d+)/.exec(readFileSync(logFile, 'utf8'))?.[1]
    if (pid !== undefined) return Number(pid)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('comfypin does not report its instance')
}

function readProcess(pid) {
  const list = (name) => readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').slice(0, -1)
  const env = list('environ').map((entry) => [
    entry.slice(0, entry.indexOf('=')),
    entry.slice(entry.indexOf('=') + 1),
  ])
  return {
    argv: list('cmdline'),
    env: Object.fromEntries(env),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
  }
}
