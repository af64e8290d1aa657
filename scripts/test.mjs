// `npm test`: set up, build, run every test, and end with one line `N passed, N failed, N skipped`.
// Arguments after `--` go to vitest (file names, -t PATTERN, …).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runAsScript } from './lib/process.mjs'
import { ensurePackages, ensureSystemNeeds } from './lib/set-up.mjs'
import { finish, takeTallyFile } from './lib/tally.mjs'

await runAsScript(import.meta.url, async () => {
  const { tallyFile, rest } = takeTallyFile(process.argv.slice(2))
  await ensurePackages()
  await ensureSystemNeeds()
  const { buildPackage } = await import('./build.mjs')
  await buildPackage()
  finish(await runVitest(rest), tallyFile)
})

async function runVitest(args) {
  const dir = mkdtempSync(join(tmpdir(), 'comfypin-summary-'))
  const summary = join(dir, 'summary.json')
  try {
    const { code } = await run(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=./scripts/vitest-summary.mjs',
        ...args,
      ],
      { show: true, env: { COMFYPIN_TEST_SUMMARY: summary } },
    )
    const tally = JSON.parse(readFileSync(summary, 'utf8'))
    for (const { name, reason } of tally.skips) console.log(`skipped: ${name} (${reason})`)
    // vitest may fail for a reason that is no test, such as no test at all.
    return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return { passed: 0, failed: 1, skipped: 0 } // vitest ended before it could report
  } finally {
    rmSync(dir, { recursive: true })
  }
}
