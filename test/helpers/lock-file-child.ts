import { appendFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../src/core/context.ts'
import { withLockFile } from '../../src/platform/lock-file.ts'
import { parseSettings } from '../../src/platform/settings.ts'

/** A process that works under a lock file and writes down when: `in` and `out` with its number. */
const { lock, log, rounds } = JSON.parse(process.argv[2] ?? '') as {
  lock: string
  log: string
  /** 0: it never lets go. */
  rounds: number
}
const ctx = {
  emit: () => {},
  signal: new AbortController().signal,
  settings: parseSettings(process.env),
  clock: systemClock,
}
const note = (what: string) => appendFileSync(log, `${what} ${process.pid}\n`)
const work = async () => {
  note('in')
  await turn()
  if (rounds === 0) await new Promise((resolve) => setInterval(resolve, 2 ** 30))
  note('out')
}
for (let round = 0; round < Math.max(rounds, 1); round++) await withLockFile(ctx, lock, work)
