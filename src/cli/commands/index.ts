import type { Command } from '../command.ts'
import { completionCommand } from './completion.ts'
import { demoCommand } from './demo.ts'
import { listCommand } from './list.ts'
import { pathsCommand } from './paths.ts'
import { realizeCommand } from './realize.ts'
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
  testCommand,
  runUiCommand,
  runHandlerCommand,
  pathsCommand,
  demoCommand,
  completionCommand(() => commands),
]
