import * as z from 'zod'
import { bootstrapOutput } from './bootstrap.ts'
import { completionOutput } from './completion.ts'
import { demoOutput } from './demo.ts'
import { doctorOutput } from './doctor.ts'
import { failureEnvelope, successEnvelope } from './envelope.ts'
import { listOutput } from './list.ts'
import { modelsListOutput } from './models-list.ts'
import { modelsPullOutput } from './models-pull.ts'
import { modelsSizeOutput } from './models-size.ts'
import { modelsVerifyOutput } from './models-verify.ts'
import { pathsOutput } from './paths.ts'
import { pinOutput } from './pin.ts'
import { realizeOutput } from './realize.ts'
import { reproOutput } from './repro.ts'
import { resolveOutput } from './resolve.ts'
import { runHandlerOutput } from './run-handler.ts'
import { runUiOutput } from './run-ui.ts'
import { testOutput } from './test.ts'
import { validateOutput } from './validate.ts'

/**
 * What `--json` prints as `data`, by command name. `schemas/output/` is generated from this, and
 * every test that runs a command with `--json` holds its answer against it. Never imported at run time.
 */
export const outputs: Readonly<Record<string, z.ZodType>> = {
  bootstrap: bootstrapOutput,
  completion: completionOutput,
  demo: demoOutput,
  doctor: doctorOutput,
  list: listOutput,
  'models list': modelsListOutput,
  'models pull': modelsPullOutput,
  'models size': modelsSizeOutput,
  'models verify': modelsVerifyOutput,
  paths: pathsOutput,
  pin: pinOutput,
  realize: realizeOutput,
  repro: reproOutput,
  resolve: resolveOutput,
  'run-handler': runHandlerOutput,
  'run-ui': runUiOutput,
  test: testOutput,
  validate: validateOutput,
}

/** The whole answer of a command: its success or a failure. */
export function envelopeOf(command: string): z.ZodType {
  const data = outputs[command]
  return data === undefined
    ? failureEnvelope
    : z.union([successEnvelope(command, data), failureEnvelope])
}
