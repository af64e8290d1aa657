// `npm run generate`: writes what is derived from the sources (schemas/, docs/reference/).
// `--check` writes nothing and fails when a file differs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root, runAsScript } from './lib/process.mjs'

await runAsScript(import.meta.url, async () => {
  const files = await generatedFiles()
  const changed = files.filter(({ path, text }) => readIfExists(join(root, path)) !== text)
  if (process.argv.includes('--check')) {
    const paths = changed.map(({ path }) => path).join(', ')
    if (paths !== '') throw new Error(`not up to date, run npm run generate: ${paths}`)
    return
  }
  for (const { path, text } of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
})

/** @returns {Promise<{ path: string, text: string }[]>} */
async function generatedFiles() {
  const outfile = join(root, 'node_modules', '.cache', `generate-${process.pid}.mjs`)
  try {
    await build({
      absWorkingDir: root,
      entryPoints: ['scripts/generate-entry.ts'],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    })
    return (await import(pathToFileURL(outfile).href)).generate()
  } finally {
    rmSync(outfile, { force: true })
  }
}

function readIfExists(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}
