import { writeFileSync } from 'node:fs'
import { benchmarkPage } from './page.mjs'
import { benchmarkPlot } from './plot.mjs'
import { readResults } from './results.mjs'

/** The page and the plot; every number in them comes from the file of results. */
export function writeReport(files) {
  const results = readResults(files.results)
  if (results.rows.length === 0) throw new Error('nothing is measured yet: npm run bench')
  writeFileSync(files.page, benchmarkPage(results))
  writeFileSync(files.plot, benchmarkPlot(results))
}
