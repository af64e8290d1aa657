import { spawn } from 'node:child_process'

/** Run a program to its end. @returns {Promise<number>} milliseconds from spawn to exit */
export async function timed(argv, { env, cwd }) {
  const started = performance.now()
  const { ended, code, stderr } = await start(argv, { env, cwd, stdout: 'ignore' })
  if (code !== 0) throw failed(argv, code, stderr)
  return ended - started
}

/** Run a program for what it prints. @returns {Promise<{ stdout: string, stderr: string }>} */
export async function capture(argv, { env, cwd }) {
  const { code, stdout, stderr } = await start(argv, { env, cwd, stdout: 'pipe' })
  if (code !== 0) throw failed(argv, code, stderr || stdout)
  return { stdout, stderr }
}

/** Both. @returns {Promise<{ ms: number, stdout: string }>} */
export async function timedOutput(argv, { env, cwd }) {
  const started = performance.now()
  const { ended, code, stdout, stderr } = await start(argv, { env, cwd, stdout: 'pipe' })
  if (code !== 0) throw failed(argv, code, stderr || stdout)
  return { ms: ended - started, stdout }
}

/** Milliseconds that `work` takes. */
export async function timeOf(work) {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function start([program, ...args], { env, cwd, stdout }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', stdout, 'pipe'] })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'])
      child[name]?.setEncoding('utf8').on('data', (text) => (texts[name] += text))
    let ended = 0
    child.on('error', reject)
    child.on('exit', () => (ended = performance.now()))
    child.on('close', (code) => resolve({ code, ended, ...texts }))
  })
}

function failed([program, ...args], code, output) {
  return new Error(`${program} ${args.join(' ')} failed (${code})\n${output.slice(-4000)}`)
}
