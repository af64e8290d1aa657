// `npm run demo`: set up, build, and let comfypin make and run its built-in example version.
// Arguments after `--` go to `comfypin demo`.
import { run, runAsScript } from './lib/process.mjs'
import { ensurePackages } from './lib/set-up.mjs'

await runAsScript(import.meta.url, async () => {
  await ensurePackages()
  const { buildPackage } = await import('./build.mjs')
  await buildPackage({ types: false })
  const args = ['dist/bin.cjs', 'demo', ...process.argv.slice(2)]
  const { code } = await run(process.execPath, args, { show: true })
  process.exitCode = code
})
