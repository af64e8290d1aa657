import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const root = join(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache/comfypin-test')
const requirements = ['demo/core/requirements.txt', 'demo/pack/requirements.txt'].map((file) =>
  join(root, file),
)
/** Creating the environment takes about 20 s; a lock older than this belonged to a killed run. */
const staleLockMs = 300_000

/**
 * A Python that has what the stand-in core and the demo pack need. Made once for each content of
 * their requirements; several test processes may ask at the same time.
 */
export async function standinPython(): Promise<string> {
  const venv = join(cache, `standin-${await requirementsHash()}`)
  const marker = join(venv, '.complete')
  const lock = `${venv}.lock`
  await mkdir(cache, { recursive: true })
  while (!(await exists(marker))) {
    if (await takeLock(lock)) {
      try {
        if (!(await exists(marker))) await createVenv(venv, marker)
      } finally {
        await rmdir(lock)
      }
    } else {
      await delay(200)
    }
  }
  return join(venv, 'bin/python')
}

async function requirementsHash(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of requirements) hash.update(await readFile(file))
  return hash.digest('hex').slice(0, 12)
}

async function createVenv(venv: string, marker: string): Promise<void> {
  await rm(venv, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', venv])
  const files = requirements.flatMap((file) => ['-r', file])
  await run(join(venv, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...files])
  await writeFile(marker, '')
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const age = Date.now() - (await modified(lock))
  if (age > staleLockMs) await rm(lock, { recursive: true, force: true })
  return false
}

async function modified(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => Date.now(),
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')}: ${stderr}`)),
    )
  })
}
