import type { Command } from '../command.ts'
import { bootstrapCommand } from './bootstrap.ts'
import { completionCommand } from './completion.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { listCommand } from './list.ts'
import { modelsListCommand } from './models-list.ts'
import { modelsPullCommand } from './models-pull.ts'
import { modelsSizeCommand } from './models-size.ts'
import { modelsVerifyCommand } from './models-verify.ts'
import { pathsCommand } from './paths.ts'
import { pinCommand } from './pin.ts'
import { realizeCommand } from './realize.ts'
import { reproCommand } from './repro.ts'
import { resolveCommand } from './resolve.ts'
import { runHandlerCommand } from './run-handler.ts'
import { runUiCommand } from './run-ui.ts'
import { testCommand } from './test.ts'
import { validateCommand } from './validate.ts'

/** Every command, in the order of a version's life. */
export const commands: readonly Command[] = [
  listCommand,
  validateCommand,
  resolveCommand,
  realizeCommand,
  modelsListCommand,
  modelsSizeCommand,
  modelsPullCommand,
  modelsVerifyCommand,
  testCommand,
  reproCommand,
  runUiCommand,
  runHandlerCommand,
  pinCommand,
  bootstrapCommand,
  pathsCommand,
  doctorCommand,
  demoCommand,
  completionCommand(() => commands),
]
