// `node scripts/smoke.mjs`: installs the packed package into an empty folder, as a user would, and
// tries its command, its library and its types there.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run, runAsScript, runOrThrow } from './lib/process.mjs'
import { ensurePackages } from './lib/set-up.mjs'
import { finish, takeTallyFile } from './lib/tally.mjs'

/** Each resolves, or throws what is wrong. */
const attempts = {
  'the package brings no other package': ({ app }) => {
    const names = readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'))
    equal(names.join(), 'comfypin')
  },
  'comfypin --version prints the version': async (place) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    equal((await comfypin(place, '--version')).trim(), version)
  },
  'comfypin --help names the commands': async (place) => {
    const help = await comfypin(place, '--help')
    for (const word of ['comfypin', 'realize', 'run-ui']) equal(help.includes(word) && word, word)
  },
  'comfypin demo --json pins, realizes and runs the example': async (place) => {
    JSON.parse(await comfypin(place, 'demo', '--json'))
  },
  'the library can be imported': async ({ app, env }) => {
    const program = `import * as api from 'comfypin'\nconsole.log(Object.keys(api).length > 0)\n`
    writeFileSync(join(app, 'use.mjs'), program)
    const { output } = await runOrThrow(process.execPath, ['use.mjs'], { cwd: app, env })
    equal(output.trim(), 'true')
  },
  "the library's types compile in a strict project": async ({ app }) => {
    writeFileSync(join(app, 'use.ts'), `import * as api from 'comfypin'\nexport default api\n`)
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['use.ts'] }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await runOrThrow(process.execPath, [tsc, '-p', '.'], { cwd: app })
  },
}

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
}

async function install(dir) {
  const [packed, app, home] = ['packed', 'app', 'home'].map((name) => join(dir, name))
  for (const folder of [packed, app, home]) mkdirSync(folder)
  const { packPackage } = await import('./lib/pack.mjs')
  const tarball = await packPackage(packed)
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']
  await runOrThrow('npm', ['install', '--prefix', app, ...options, tarball], { cwd: app })
  const env = {
    HOME: home,
    COMFY_CACHE_ROOT: join(home, 'cache'),
    COMFY_BUILDS_ROOT: home,
    LANG: 'C.UTF-8',
  }
  return { dir, app, env }
}

/** stdout of the installed command, which must succeed. */
async function comfypin({ app, env }, ...args) {
  const command = join(app, 'node_modules', '.bin', 'comfypin')
  const { code, stdout, output } = await run(command, args, { cwd: app, env })
  if (code !== 0) throw new Error(`comfypin ${args.join(' ')} ended with ${code}\n${output}`)
  return stdout
}

async function failureOf(attempt, place) {
  try {
    await attempt(place)
    return null
  } catch (error) {
    return error.message
  }
}

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${expected}, found ${actual}`)
}

await runAsScript(import.meta.url, async () => {
  const { tallyFile } = takeTallyFile(process.argv.slice(2))
  await ensurePackages()
  const place = await install(mkdtempSync(join(tmpdir(), 'comfypin-smoke-')))
  try {
    const tally = { passed: 0, failed: 0, skipped: 0 }
    for (const [name, attempt] of Object.entries(attempts)) {
      const failure = await failureOf(attempt, place)
      tally[failure === null ? 'passed' : 'failed'] += 1
      console.log(failure === null ? `ok     ${name}` : `failed ${name}\n${failure}`)
    }
    finish(tally, tallyFile)
  } finally {
    rmSync(place.dir, { recursive: true })
  }
})
