import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { buildPackage } from '../../scripts/build.mjs'
import { root } from '../../scripts/lib/process.mjs'

/**
 * The package under test: built, then copied as an installation would be, so that somebody who
 * builds meanwhile changes nothing. `internals()` gives the functions of rows that have no command.
 */
export async function preparePackage({ work, build: wanted }) {
  if (wanted) await buildPackage({ types: false })
  const { files, version, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const dir = join(work.run, 'package')
  mkdirSync(dir)
  for (const name of ['package.json', ...files])
    if (existsSync(join(root, name))) cpSync(join(root, name), join(dir, name), { recursive: true })
  const program = join(dir, bin.comfypin)
  let internals = null
  let engine = null
  return {
    dir,
    /** `comfypin …` as an argument list. */
    command: (...args) => [process.execPath, program, ...args],
    internals: () => (internals ??= bundleInternals(work)),
    /** File of the transfers alone, with their packages, for processes of their own. */
    engine: () => (engine ??= bundle(work, 'engine.cjs', ENGINE, 'bundle')),
    version,
    commit: describeCommit(),
  }
}

/** Functions of the sources that rows call directly, and the tests' maker of repositories. */
async function bundleInternals(work) {
  return import(pathToFileURL(await bundle(work, 'internals.mjs', INTERNALS, 'external')).href)
}

/** @param packages `bundle` or `external`, as esbuild has it; @returns {Promise<string>} the file */
async function bundle(work, name, contents, packages) {
  const outfile = join(work.run, name)
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    packages,
    platform: 'node',
    format: name.endsWith('.cjs') ? 'cjs' : 'esm',
    logLevel: 'silent',
  })
  return outfile
}

const INTERNALS = `
export { systemClock } from './src/core/context.ts'
export { parseSettings } from './src/platform/settings.ts'
export { cachePaths } from './src/platform/paths.ts'
export { parseAddress } from './src/git/address.ts'
export { checkoutPaths, ensureCheckout } from './src/git/checkout.ts'
export { fetchCommit, storeDir } from './src/git/object-store.ts'
export { toLocal } from './src/python/portable-pylock.ts'
export { readVenv } from './src/python/venv-state.ts'
export { syncVenv } from './src/python/sync-venv.ts'
export { addBytecode } from './src/python/wheel-bytecode.ts'
export { createRepo } from './test/helpers/git-repo.ts'
`

const ENGINE = `
export { systemClock } from './src/core/context.ts'
export { parseSettings } from './src/platform/settings.ts'
export { createHttpAgents, destroyAgents } from './src/platform/open-url.ts'
export { copyLocal } from './src/download/copy-local.ts'
export { transfer } from './src/download/transfer.ts'
`

/** The commit that was measured, with a mark when the tree differed from it. */
function describeCommit() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'demo', 'package.json') !== ''
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ' with changes' : ''}`
  } catch {
    return null // an unpacked archive
  }
}
