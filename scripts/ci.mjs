// What `.ci/run` runs: tests, checks and the smoke test, one after the other, and their sum.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runAsScript } from './lib/process.mjs'
import { addTallies, finish } from './lib/tally.mjs'

await runAsScript(import.meta.url, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'comfypin-ci-'))
  try {
    const tallies = []
    for (const name of ['test', 'check', 'smoke']) {
      console.log(`\n== ${name}`)
      tallies.push(await runPart(name, join(dir, `${name}.json`)))
    }
    finish(addTallies(tallies), null)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

async function runPart(name, tallyFile) {
  const args = [`scripts/${name}.mjs`, '--tally', tallyFile]
  const { code } = await run(process.execPath, args, { show: true })
  const tally = readTally(tallyFile)
  // A part that ends before it can count, or badly in spite of its count, has failed.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return { passed: 0, failed: 0, skipped: 0 }
    throw error
  }
}
