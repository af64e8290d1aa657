import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { tempDir, whenOver } from './temp.ts'

export interface ChildProgram {
  readonly pid: number
  /** What it printed, and how it ended. */
  readonly ended: Promise<{ stdout: string; stderr: string; signal: NodeJS.Signals | null }>
}

/** Bundle a TypeScript program once; Node 20 cannot run it as it is. */
export async function bundleProgram(name: string): Promise<string> {
  const outfile = join(tempDir('program'), `${name}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  })
  return outfile
}

/**
 * Start a bundled program in a process of its own; it is killed when the test is over.
 * @param before a command that runs it, such as one that limits it
 */
export function startProgram(
  program: string,
  argument: unknown,
  { before = [] as readonly string[], env = {} as Readonly<Record<string, string>> } = {},
): ChildProgram {
  const argv = [...before, process.execPath, program, JSON.stringify(argument)]
  const [command = '', ...args] = argv
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  whenOver(() => void child.kill('SIGKILL'))
  if (child.pid === undefined) throw new Error(`${command} does not start`)
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_code, signal) => resolve(signal))
  }).then(async (signal) => {
    const [stdout, stderr] = await output
    return { stdout, stderr, signal }
  })
  return { pid: child.pid, ended }
}
