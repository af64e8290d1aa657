// Bundles src/ into dist/: a lazy chunk per dynamic import, no dependency left for run time.
// `--no-types` leaves the declarations out.
//
// The chunks are CommonJS: an empty ES module alone starts 1.2 times slower than `node -e 0`, and
// every further module file costs twice what `require` does. `index.js` gives the library its
// ES module face.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { licensesOf } from './lib/licenses.mjs'
import { root, runAsScript, runOrThrow } from './lib/process.mjs'

const dist = join(root, 'dist')

/** Build the package; files whose content stays the same are not touched, so that running programs go on. */
export async function buildPackage({ types = true } = {}) {
  const [bundled, declarations] = await Promise.all([bundle(), types ? declare() : []])
  const files = new Map([...bundled, ...declarations])
  for (const [path, content] of files) writeIfChanged(path, content)
  chmodSync(join(dist, 'bin.cjs'), 0o755)
  removeOthers(files, types)
}

/** Pairs of path and content. */
async function bundle() {
  // Apart, so that the command's own file holds all that every command needs: a chunk that it
  // shared with the library would be one more file to load at each start.
  const [command, library] = [
    await bundleEntry('bin', dist),
    await bundleEntry('index', join(dist, 'lib')),
  ]
  const output = [...command, ...library]
  const { exports } = library.find(({ name, isEntry }) => isEntry && name === 'index')
  return [
    ...output.map(({ path, code }) => [path, code]),
    [join(dist, 'index.js'), moduleFace(exports)],
    [
      join(dist, 'third-party-licenses.txt'),
      licensesOf(output.flatMap(({ moduleIds }) => moduleIds)),
    ],
  ]
}

async function bundleEntry(name, folder) {
  const build = await rolldown({
    cwd: root,
    input: { [name]: `src/${name}.ts` },
    platform: 'node',
    // Some packages' `main` hides its own imports from bundlers; `module` does not.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20.19' },
  })
  const options = {
    format: 'cjs',
    entryFileNames: '[name].cjs',
    // Flat, so that a path relative to a chunk means the same in all of them.
    chunkFileNames: '[name]-[hash].cjs',
    banner: (chunk) => (chunk.name === 'bin' ? '#!/usr/bin/env node' : ''),
    comments: false,
    minify: {
      mangle: { keepNames: true },
      compress: true,
      codegen: { removeWhitespace: true },
    },
  }
  const isStart = startModules((await build.generate(options)).output, `${name}.cjs`)
  const { output } = await build.generate({
    ...options,
    codeSplitting: { groups: [{ name: 'start', test: (id) => isStart.has(id) }] },
  })
  await build.close()
  return output.map((chunk) => ({
    ...chunk,
    name: chunk.name,
    exports: chunk.exports,
    moduleIds: chunk.moduleIds,
    isEntry: chunk.isEntry,
    code: withoutIdleRuntime(chunk.code),
    path: join(folder, chunk.fileName),
  }))
}

/** The bundler requires its helpers where nothing uses them, too: a file more to find at each start. */
function withoutIdleRuntime(code) {
  return code.replace(/(?<!=)\brequire\("\.\/rolldown-runtime-[\w-]+\.cjs"\)/, '0')
}

/** What an entry needs at once goes into one file: every further one costs a thirtieth of a start. */
function startModules(output, entry) {
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]))
  const reached = new Set([entry])
  for (const file of reached)
    for (const name of chunks.get(file).imports) if (chunks.has(name)) reached.add(name)
  return new Set([...reached].flatMap((file) => chunks.get(file).moduleIds))
}

function moduleFace(names) {
  return `import library from './lib/index.cjs'\nexport const { ${names.join(', ')} } = library\n`
}

/** The declarations that `index.d.ts` reaches, as pairs of path and content. */
async function declare() {
  const out = join(root, 'node_modules', '.cache', `types-${process.pid}`)
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await runOrThrow(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', out])
    const paths = new Set([join(out, 'index.d.ts')])
    const files = []
    for (const path of paths) {
      const text = readFileSync(path, 'utf8')
      for (const [, , , to] of text.matchAll(RELATIVE_TS))
        paths.add(join(dirname(path), `${to}.d.ts`))
      // `rewriteRelativeImportExtensions` leaves declarations alone, and `x.ts` is not in the package.
      files.push([
        join(dist, 'types', relative(out, path)),
        text.replace(RELATIVE_TS, '$1$2$3.js$2'),
      ])
    }
    return files
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** `from './x.ts'`, `import('./x.ts')`, `import './x.ts'` */
const RELATIVE_TS = /(\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)(['"])(\.{1,2}\/[^'"]+)\.ts\2/g

function writeIfChanged(path, content) {
  if (existsSync(path) && readFileSync(path, 'utf8') === content) return
  mkdirSync(dirname(path), { recursive: true })
  const staged = `${path}.${process.pid}.tmp`
  writeFileSync(staged, content)
  renameSync(staged, path)
}

function removeOthers(files, types) {
  for (const path of listFiles(dist))
    if (!files.has(path) && (types || !path.startsWith(join(dist, 'types')))) rmSync(path)
}

function listFiles(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

await runAsScript(import.meta.url, () =>
  buildPackage({ types: !process.argv.includes('--no-types') }),
)
