import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bump the number in the name when the generator changes: the repository is kept between runs. */
const PROJECT = { name: 'history-1', seed: 1, commits: 1500, files: 800, assets: 36 }
const ASSET_BYTES = 1024 * 1024
/** Of a branch `old`, counted from the newest. */
const OLD = 200

/**
 * A bare repository with the shape of a grown project, packed with a bitmap, as hosts do. Unless
 * `shape` says otherwise: 1500 commits, 800 source files at the end, and binary assets that were
 * replaced over time, 40 MB in all.
 * @param shape parts of `PROJECT`, and `first`: files of the first commit, which stay as they are
 * @returns {Promise<{ dir: string, commits: string[] }>} commits in order
 */
export async function grownRepository(bench, shape = {}) {
  const { name, ...project } = { ...PROJECT, first: {}, ...shape }
  const dir = join(bench.work.fixtures, `${name}.git`)
  const list = join(bench.work.fixtures, `${name}.commits.json`)
  if (!existsSync(list)) {
    bench.progress(`generating a repository with history, ${name}`)
    const staged = join(bench.work.run, `${name}.git`)
    const { createRepo } = await bench.product.internals()
    const { commits } = createRepo(staged, { commits: history(project) })
    git(bench, staged, 'repack', '-a', '-d', '-b', '-q')
    git(bench, staged, 'branch', 'old', commits.at(-OLD) ?? commits[0])
    mkdirSync(bench.work.fixtures, { recursive: true })
    renameSync(staged, dir)
    writeFileSync(list, JSON.stringify(commits))
  }
  return { dir, commits: JSON.parse(readFileSync(list, 'utf8')) }
}

function git(bench, dir, ...args) {
  execFileSync('git', args, { cwd: dir, env: bench.env })
}

/** Every commit touches a few files and now and then an asset; files are added all along. */
function history({ seed, commits, files: fileCount, assets, first }) {
  const random = createRandom(seed)
  const files = []
  return Array.from({ length: commits }, (_, index) => {
    const changed = index === 0 ? { ...first } : {}
    const grown = Math.ceil((fileCount * (index + 1)) / commits)
    while (files.length < grown) {
      const file = { path: pathOf(files.length), lines: sourceLines(random, 60 + random(300)) }
      files.push(file)
      changed[file.path] = textOf(file)
    }
    for (let count = 1 + random(4); count > 0; count--) {
      const file = files[random(files.length)]
      for (let edits = 1 + random(12); edits > 0; edits--)
        file.lines[random(file.lines.length)] = sourceLine(random)
      changed[file.path] = textOf(file)
    }
    if (index % Math.floor(commits / assets) === 0)
      changed[`web/assets/picture-${random(6)}.png`] = randomBytes(random, ASSET_BYTES)
    return { files: changed }
  })
}

function pathOf(index) {
  return `package_${index % 23}/part_${index % 7}/module_${index}.py`
}

function textOf({ lines }) {
  return `${lines.join('\n')}\n`
}

function sourceLines(random, count) {
  return Array.from({ length: count }, () => sourceLine(random))
}

const WORDS =
  'self tensor model latent image width height sample node value cache load device dtype shape noise step sigma mask index'.split(
    ' ',
  )

function sourceLine(random) {
  const word = () => `${WORDS[random(WORDS.length)]}_${random(200)}`
  return `${' '.repeat(4 * random(4))}${word()} = ${word()}(${word()}, ${word()}=${random(10_000)})`
}

function randomBytes(random, size) {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(random(2 ** 32), at)
  return bytes
}

/** mulberry32: the same repository on every machine. `random(n)` is a whole number below n. */
function createRandom(seed) {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}
