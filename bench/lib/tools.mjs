import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { capture } from './process.mjs'

/** Real executables, never a version manager's shims, and their versions. */
export async function findTools({ work, env, onlineEnv }) {
  const python = await findPython(env)
  const uv = (await findUv(env, python)) ?? (await installUv({ work, onlineEnv, python }))
  const tools = { node: process.execPath, python, uv, git: 'git', strace: onPath(env, 'strace') }
  return {
    ...tools,
    versions: {
      node: process.versions.node,
      python: await versionOf([python, '--version'], env),
      uv: await versionOf([uv, '--version'], env),
      git: await versionOf(['git', '--version'], env),
    },
  }
}

/** What `python3` really is; COMFY_PYTHON chooses another one. */
async function findPython(env) {
  const wanted = process.env.COMFY_PYTHON ?? 'python3'
  const { PATH } = process.env
  const { stdout } = await capture([wanted, '-c', 'import sys; print(sys.executable)'], {
    env: { ...env, PATH },
  })
  return stdout.trim()
}

async function findUv(env, python) {
  const found = onPath(env, 'uv')
  if (found !== null) return found
  const script = 'import uv; print(uv.find_uv_bin())'
  return capture([python, '-I', '-c', script], { env }).then(
    ({ stdout }) => stdout.trim(),
    () => null, // this Python has no uv package
  )
}

async function installUv({ work, onlineEnv, python }) {
  const venv = join(work.peers, 'uv')
  const uv = join(venv, 'bin', 'uv')
  if (existsSync(uv)) return uv
  await capture([python, '-m', 'venv', venv], { env: onlineEnv })
  await capture([join(venv, 'bin', 'pip'), 'install', '--quiet', 'uv'], { env: onlineEnv })
  return uv
}

/** Where a program is on PATH, scripts left out; null: nowhere. */
export function onPath(env, name) {
  const candidates = env.PATH.split(delimiter).map((dir) => join(dir, name))
  return candidates.find((path) => existsSync(path) && !isScript(path)) ?? null
}

function isScript(path) {
  const fd = openSync(path, 'r')
  const start = Buffer.alloc(2)
  readSync(fd, start)
  closeSync(fd)
  return start.toString('latin1') === '#!'
}

/** The number that a program gives as its version, on either output. */
export async function versionOf(argv, env) {
  const { stdout, stderr } = await capture(argv, { env })
  return /\d+(\.\d+)+\S*/.exec(stdout + stderr)?.[0] ?? stdout.trim()
}
