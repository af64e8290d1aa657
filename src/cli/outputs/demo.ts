import * as z from 'zod'
import { runHandlerOutput } from './run-handler.ts'

export const demoOutput = z.strictObject({
  dir: z.string(),
  runs: z.array(
    z.strictObject({
      phases: z.record(z.string(), z.number()).describe('Milliseconds; phases overlap.'),
      artifact: runHandlerOutput.shape.files.element,
    }),
  ),
})
