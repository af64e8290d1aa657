import * as z from 'zod'
import { bootstrapOutput } from './bootstrap.ts'
import { addOutput } from './add.ts'
import { cloneOutput } from './clone.ts'
import { completionOutput } from './completion.ts'
import { createOutput } from './create.ts'
import { deleteOutput } from './delete.ts'
import { demoOutput } from './demo.ts'
import { doctorOutput } from './doctor.ts'
import { diffOutput } from './diff.ts'
import { failureEnvelope, successEnvelope } from './envelope.ts'
import { exportOutput } from './export.ts'
import { listOutput } from './list.ts'
import { modelsListOutput } from './models-list.ts'
import { modelsPullOutput } from './models-pull.ts'
import { modelsSizeOutput } from './models-size.ts'
import { modelsVerifyOutput } from './models-verify.ts'
import { nodesPullOutput } from './nodes-pull.ts'
import { nodesRunInstallOutput } from './nodes-run-install.ts'
import { pathsOutput } from './paths.ts'
import { pinOutput } from './pin.ts'
import { realizeOutput } from './realize.ts'
import { reproOutput } from './repro.ts'
import { removeOutput } from './remove.ts'
import { resolveOutput } from './resolve.ts'
import { runHandlerOutput } from './run-handler.ts'
import { runUiOutput } from './run-ui.ts'
import { showOutput } from './show.ts'
import { testOutput } from './test.ts'
import { validateOutput } from './validate.ts'

/**
 * What `--json` prints as `data`, by command name. `schemas/output/` is generated from this, and
 * every test that runs a command with `--json` holds its answer against it. Never imported at run time.
 */
export const outputs: Readonly<Record<string, z.ZodType>> = {
  bootstrap: bootstrapOutput,
  add: addOutput,
  clone: cloneOutput,
  completion: completionOutput,
  create: createOutput,
  delete: deleteOutput,
  demo: demoOutput,
  doctor: doctorOutput,
  diff: diffOutput,
  export: exportOutput,
  list: listOutput,
  'models list': modelsListOutput,
  'models pull': modelsPullOutput,
  'models size': modelsSizeOutput,
  'models verify': modelsVerifyOutput,
  'nodes pull': nodesPullOutput,
  'nodes run-install': nodesRunInstallOutput,
  paths: pathsOutput,
  pin: pinOutput,
  realize: realizeOutput,
  repro: reproOutput,
  remove: removeOutput,
  resolve: resolveOutput,
  'run-handler': runHandlerOutput,
  'run-ui': runUiOutput,
  show: showOutput,
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
