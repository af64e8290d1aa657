import { createInterface } from 'node:readline/promises'
import { ComfypinError } from '../core/errors.ts'

/**
 * A question at the terminal. stdin and stderr must both be one: a script that pipes its input has
 * nobody to answer (formats.md D7). stdout stays free for the answer of the command.
 * @throws INTERRUPTED when `signal` is aborted meanwhile
 */
export async function askAtTerminal(question: string, signal: AbortSignal): Promise<string | null> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return null
  // not `terminal: true`: the kernel then turns Ctrl-C into a signal, which is handled in one place
  const lines = createInterface({ input: stdin, output: stderr, terminal: false })
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
  try {
    return await Promise.race([lines.question(question, { signal }), ended])
  } catch (error) {
    if (signal.aborted) throw new ComfypinError('INTERRUPTED', {}, { cause: error })
    throw error
  } finally {
    lines.close()
  }
}
