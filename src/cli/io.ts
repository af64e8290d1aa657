import type { Ask } from './command.ts'

/** The process as the program sees it; tests hand in their own. */
export interface Io {
  argv: readonly string[]
  env: NodeJS.ProcessEnv
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** The terminal behind stderr, or null. */
  terminal(): NodeJS.WritableStream | null
  /** Asks at the terminal, when somebody is there. */
  ask: Ask
  signal: AbortSignal
  version: string
}
