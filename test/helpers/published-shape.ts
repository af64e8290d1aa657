import { envelopeOf } from '../../src/cli/outputs/index.ts'

/** Every `--json` answer that a test sees has the shape that `schemas/output/` publishes. */
export function requirePublishedShape(stdout: string): void {
  if (stdout.trim() === '') return // ended by a signal
  const answer: unknown = JSON.parse(stdout)
  const command =
    typeof answer === 'object' && answer !== null && 'command' in answer
      ? String(answer.command)
      : ''
  envelopeOf(command).parse(answer)
}
