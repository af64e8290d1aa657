import type { Command } from '../command.ts'
import { bootstrapCommand } from './bootstrap.ts'
import { addCommand } from './add.ts'
import { cloneCommand } from './clone.ts'
import { completionCommand } from './completion.ts'
import { createCommand } from './create.ts'
import { deleteCommand } from './delete.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { diffCommand } from './diff.ts'
import { exportCommand } from './export.ts'
import { listCommand } from './list.ts'
import { modelsListCommand } from './models-list.ts'
import { modelsPullCommand } from './models-pull.ts'
import { modelsSizeCommand } from './models-size.ts'
import { modelsVerifyCommand } from './models-verify.ts'
import { nodesPullCommand } from './nodes-pull.ts'
import { nodesRunInstallCommand } from './nodes-run-install.ts'
import { pathsCommand } from './paths.ts'
import { pinCommand } from './pin.ts'
import { realizeCommand } from './realize.ts'
import { reproCommand } from './repro.ts'
import { removeCommand } from './remove.ts'
import { resolveCommand } from './resolve.ts'
import { runHandlerCommand } from './run-handler.ts'
import { runUiCommand } from './run-ui.ts'
import { showCommand } from './show.ts'
import { testCommand } from './test.ts'
import { validateCommand } from './validate.ts'

/** Every command, in the order of a version's life. */
export const commands: readonly Command[] = [
  createCommand,
  addCommand,
  removeCommand,
  cloneCommand,
  listCommand,
  showCommand,
  diffCommand,
  validateCommand,
  resolveCommand,
  realizeCommand,
  modelsListCommand,
  modelsSizeCommand,
  modelsPullCommand,
  modelsVerifyCommand,
  nodesPullCommand,
  nodesRunInstallCommand,
  testCommand,
  reproCommand,
  runUiCommand,
  runHandlerCommand,
  deleteCommand,
  pinCommand,
  bootstrapCommand,
  exportCommand,
  pathsCommand,
  doctorCommand,
  demoCommand,
  completionCommand(() => commands),
]
