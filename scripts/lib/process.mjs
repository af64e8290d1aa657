import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Run a script's work when `url` is the script that Node was started with; a failure is its message. */
export async function runAsScript(url, work) {
  if (realpathSync(process.argv[1]) !== fileURLToPath(url)) return
  try {
    await work()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}

/**
 * Run a program in the project's folder. `show` lets it write to this terminal; otherwise its
 * words come back: `stdout`, and `output` with stderr in between.
 * @returns {Promise<{ code: number, stdout: string, output: string }>}
 */
export function run(command, args, { env = {}, cwd = root, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text
      output += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.on('error', (error) => resolve({ code: 127, stdout, output: error.message }))
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, stdout, output: signal === null ? output : `${output}${signal}` })
    })
  })
}

/** `run`, and an Error with the output when the program fails. */
export async function runOrThrow(command, args, options) {
  const result = await run(command, args, options)
  if (result.code !== 0)
    throw new Error(`${command} ${args.join(' ')} failed (${result.code})\n${result.output}`)
  return result
}
