// `npm run check`: everything about the code that is no test. One line per check, and the output
// of those that fail. Names as arguments choose some: `npm run check -- types lint`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runAsScript } from './lib/process.mjs'
import { ensurePackages } from './lib/set-up.mjs'
import { finish, takeTallyFile } from './lib/tally.mjs'

const checks = {
  types: () => tool('tsc', '-p', '.', '--noEmit'),
  lint: () => tool('oxlint', '--deny-warnings'),
  format: () => tool('oxfmt', '--check', 'src', 'test', 'scripts', 'bench'),
  unused: () => tool('knip', '--no-progress'),
  generated: () => run(process.execPath, ['scripts/generate.mjs', '--check']),
  architecture: () => tool('vitest', 'run', 'test/architecture', '--reporter=dot'),
  package: lintPackage,
}

await runAsScript(import.meta.url, async () => {
  const { tallyFile, rest } = takeTallyFile(process.argv.slice(2))
  const names = rest.length === 0 ? Object.keys(checks) : rest
  const unknown = names.filter((name) => !(name in checks))
  if (unknown.length > 0)
    throw new Error(`no check ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}`)
  await ensurePackages()
  const results = await Promise.all(names.map(runCheck))
  const passed = results.filter((ok) => ok).length
  finish({ passed, failed: results.length - passed, skipped: 0 }, tallyFile)
})

async function runCheck(name) {
  const started = performance.now()
  const { code, output } = await checks[name]().catch((error) => ({
    code: 1,
    output: error.message,
  }))
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'failed'} ${name.padEnd(12)} ${seconds} s`)
  if (code !== 0) console.log(output.trimEnd())
  return code === 0
}

function tool(name, ...args) {
  return run(join('node_modules', '.bin', name), args)
}

/** What a user of the package would meet: its manifest, files and types, from the real tarball. */
async function lintPackage() {
  const { packPackage } = await import('./lib/pack.mjs')
  const dir = mkdtempSync(join(tmpdir(), 'comfypin-pack-'))
  try {
    const tarball = await packPackage(dir)
    const results = await Promise.all([
      tool('publint', 'run', tarball, '--strict'),
      tool('attw', tarball, '--profile', 'esm-only'),
    ])
    return {
      code: results.some(({ code }) => code !== 0) ? 1 : 0,
      output: results.map(({ output }) => output).join('\n'),
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
