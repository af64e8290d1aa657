import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { redact } from '../core/redact.ts'

// eslint-disable-next-line no-control-regex -- the escape character is the thing to remove
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]/g

export interface LogRing {
  /** The newest lines, oldest first, without colours and secrets. */
  readonly lines: () => readonly string[]
  /** Follow one stream of the process; resolves when it ends. */
  readonly follow: (stream: Readable) => Promise<void>
  readonly close: () => void
}

export interface LogRingOptions {
  limit: number
  /** Also written there, whole. */
  file: string | null
  onLine: (line: string) => void
  onFileError: (error: Error) => void
}

/** The last lines of a process that may write for days. */
export function createLogRing(options: LogRingOptions): LogRing {
  const kept: string[] = []
  const file = options.file === null ? null : createWriteStream(options.file)
  file?.on('error', options.onFileError)
  const add = (raw: string) => {
    const line = redact(raw.replace(ANSI, ''))
    kept.push(line)
    if (kept.length > options.limit) kept.shift()
    if (file?.writable) file.write(`${line}\n`)
    options.onLine(line)
  }
  return {
    lines: () => [...kept],
    // `\r` ends a line too: progress bars rewrite theirs
    follow: (stream) =>
      new Promise((resolve) => createInterface(stream).on('line', add).on('close', resolve)),
    close: () => file?.end(),
  }
}
