import { row as startUp } from './row-01-startup.mjs'
import { row as noop } from './row-02-noop.mjs'
import { row as warmStart } from './row-03-warm-start.mjs'
import { row as firstStart } from './row-05-first-start.mjs'
import { row as oneFile } from './row-06-one-file.mjs'
import { row as oneFileTls } from './row-07-one-file-tls.mjs'
import { row as limitedConnections } from './row-08-limited-connections.mjs'
import { row as faults } from './row-09-faults.mjs'
import { row as manyFiles } from './row-10-many-files.mjs'
import { row as verified } from './row-11-verified.mjs'
import { row as slowVolume } from './row-12-slow-volume.mjs'
import { row as placement } from './row-13-placement.mjs'
import { row as firstCheckout } from './row-15-first-checkout.mjs'
import { row as nextCommit } from './row-16-next-commit.mjs'
import { row as refs } from './row-17-refs.mjs'
import { row as coldRealize } from './row-18-cold-realize.mjs'
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
  oneFile,
  oneFileTls,
  limitedConnections,
  faults,
  manyFiles,
  verified,
  slowVolume,
  placement,
  firstCheckout,
  nextCommit,
  refs,
  coldRealize,
  secondVersion,
  pythonEnvironment,
  noopProcesses,
]
