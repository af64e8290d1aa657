import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { timedOutput } from './process.mjs'

const SCRIPT = fileURLToPath(new URL('engine-process.mjs', import.meta.url))

/**
 * comfypin's transfers, each use in a new process that has done nothing before.
 * A job is `{ transfers: [{ url, target, checksum? }] }` or `{ copies: [{ from, target }] }`.
 */
export async function createEngine(bench, env = {}) {
  const cacheRoot = join(bench.work.run, 'engine-cache')
  mkdirSync(cacheRoot, { recursive: true })
  const bundle = pathToFileURL(await bench.product.engine()).href
  const argv = (job) => [process.execPath, SCRIPT, JSON.stringify({ bundle, cacheRoot, ...job })]
  // as the command itself sets it
  const options = { env: { ...bench.env, UV_THREADPOOL_SIZE: '16', ...env }, cwd: bench.work.run }
  return {
    /**
     * @returns `ms` until all files are whole and under their names, within the process, as in a
     *   realize; `durable`, until the disk has them; `whole`, from the start of the process to its end;
     *   `memory`, the most bytes it held
     */
    run: async (job) => {
      const { ms: whole, stdout } = await timedOutput(argv(job), options)
      return { ...JSON.parse(stdout.slice(stdout.indexOf('{'))), whole }
    },
    /**
     * Kill it when `due` resolves.
     * @returns `ms` since the function began, `written`: bytes that it had written by then
     */
    runUntil: async (job, due) => {
      const [program, ...args] = argv(job)
      const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      await once(createInterface({ input: child.stdout }), 'line')
      const before = writtenBytes(child.pid)
      const started = performance.now()
      await due
      child.kill('SIGSTOP')
      const ms = performance.now() - started
      const written = writtenBytes(child.pid) - before
      child.kill('SIGKILL')
      await exited
      return { ms, written }
    },
  }
}

/** What a process handed to the system so far, the page cache included. */
function writtenBytes(pid) {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
}
