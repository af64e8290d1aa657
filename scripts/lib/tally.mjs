import { writeFileSync } from 'node:fs'

/** The sum of several runs. */
export function addTallies(tallies) {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const tally of tallies) for (const key of Object.keys(sum)) sum[key] += tally[key]
  return sum
}

/** Splits `--tally FILE` from the other arguments of a script. */
export function takeTallyFile(args) {
  const at = args.indexOf('--tally')
  return at === -1
    ? { tallyFile: null, rest: args }
    : { tallyFile: args[at + 1], rest: args.toSpliced(at, 2) }
}

/**
 * End a script with its one plain line, or with the numbers in the file of the script that sums
 * several up, and set the exit code.
 */
export function finish({ passed, failed, skipped }, tallyFile) {
  if (tallyFile === null) console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  else writeFileSync(tallyFile, JSON.stringify({ passed, failed, skipped }))
  process.exitCode = failed === 0 ? 0 : 1
}
