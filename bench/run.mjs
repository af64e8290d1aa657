// `npm run bench`: measure comfypin beside its peers, row by row, and write docs/benchmarks.md.
import { loadavg } from 'node:os'
import { runAsScript } from '../scripts/lib/process.mjs'
import { createBench } from './lib/bench.mjs'
import { resultFiles } from './lib/files.mjs'
import { Missing } from './lib/missing.mjs'
import { readOptions, usage } from './lib/options.mjs'
import { writeReport } from './lib/report.mjs'
import { saveRow, startResults } from './lib/results.mjs'
import { summaryLines } from './lib/summary.mjs'
import { rows } from './rows/index.mjs'

await runAsScript(import.meta.url, async () => {
  const options = readOptions(process.argv.slice(2), rows)
  if (options.help) return console.log(usage(rows))
  const files = resultFiles(options)
  if (options.report) return writeReport(files)
  const failures = await measureRows(options, files)
  writeReport(files)
  for (const { row, error } of failures)
    console.error(`row ${row.number} failed: ${error.stack ?? error}`)
  if (failures.length > 0) process.exitCode = 1
})

async function measureRows(options, files) {
  const bench = { ...(await createBench(options)), files }
  const failures = []
  try {
    startResults(bench)
    for (const row of rows.filter(({ number }) => options.rows.includes(number))) {
      bench.progress(`row ${row.number}: ${row.title}`)
      const load = readLoad(bench)
      try {
        const result = saveRow(bench, row, load, await row.measure(bench))
        console.log(summaryLines([result]).join('\n'))
      } catch (error) {
        if (error instanceof Missing) console.log(`skipped row ${row.number}: ${error.message}`)
        else failures.push({ row, error })
      }
    }
  } finally {
    await bench.close()
  }
  return failures
}

/** What else the machine did: processes that want a core, over the last minute. */
function readLoad({ machine, progress }) {
  const [load] = loadavg()
  if (load > machine.cores / 2) progress('the machine is busy: the ratios will be rough')
  return Number(load.toFixed(1))
}
