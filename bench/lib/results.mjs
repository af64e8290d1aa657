import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

/** @param file bench/results.json, or a draft's */
export function readResults(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { schema: 1, rows: [] }
}

/** Rows of an earlier run stay beside new ones only when machine and tools are the same. */
export function startResults(bench) {
  const before = readResults(bench.files.results)
  const now = { schema: 1, machine: bench.machine, tools: bench.tools.versions }
  const same = ['schema', 'machine', 'tools'].every((key) =>
    isDeepStrictEqual(before[key], now[key]),
  )
  write(bench, { ...now, rows: same ? before.rows : [] })
}

/** Keep what a row measured at once, so that a later row that fails costs nothing. */
export function saveRow(bench, { number, title, method }, load, comparisons) {
  const results = readResults(bench.files.results)
  const result = {
    number,
    title,
    method,
    measured: new Date().toISOString().slice(0, 10),
    version: bench.product.version,
    commit: bench.product.commit,
    rounds: bench.rounds,
    load,
    peers: { ...bench.peers.versions },
    comparisons,
  }
  const others = results.rows.filter((row) => row.number !== number)
  const rows = [...others, result].toSorted((a, b) => a.number - b.number)
  write(bench, { ...results, rows })
  return result
}

function write(bench, results) {
  writeFileSync(bench.files.results, `${JSON.stringify(results, null, 2)}\n`)
}
