import { row as startUp } from './row-01-startup.mjs'
import { row as noop } from './row-02-noop.mjs'
import { row as warmStart } from './row-03-warm-start.mjs'
import { row as firstStart } from './row-05-first-start.mjs'
import { row as firstCheckout } from './row-15-first-checkout.mjs'
import { row as nextCommit } from './row-16-next-commit.mjs'
import { row as refs } from './row-17-refs.mjs'
import { row as secondVersion } from './row-19-second-version.mjs'
import { row as pythonEnvironment } from './row-22-python-environment.mjs'
import { row as noopProcesses } from './row-23-noop-processes.mjs'

/**
 * What is measured, by the numbers of the list of targets.
 * A row is `{ number, title, method, measure(bench) → comparisons }`; see `lib/compare.mjs`.
 */
export const rows = [
  startUp,
  noop,
  warmStart,
  firstStart,
  firstCheckout,
  nextCommit,
  refs,
  secondVersion,
  pythonEnvironment,
  noopProcesses,
]
