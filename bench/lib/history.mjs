import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bump it when the generator changes: the repository is kept between runs. */
const NAME = 'history-1'
const COMMITS = 1500
const FILES = 800
const ASSETS = 36
const ASSET_BYTES = 1024 * 1024

/**
 * A bare repository with the shape of a grown project: 1500 commits, 800 source files at the end,
 * and binary assets that were replaced over time, 40 MB in all. Packed with a bitmap, as hosts do.
 * @returns {Promise<{ dir: string, commits: string[] }>} commits in order
 */
export async function grownRepository(bench) {
  const dir = join(bench.work.fixtures, `${NAME}.git`)
  const list = join(bench.work.fixtures, `${NAME}.commits.json`)
  if (!existsSync(list)) {
    bench.progress('generating a repository with history')
    const staged = join(bench.work.run, `${NAME}.git`)
    const { createRepo } = await bench.product.internals()
    const { commits } = createRepo(staged, { commits: history() })
    git(bench, staged, 'repack', '-a', '-d', '-b', '-q')
    git(bench, staged, 'branch', 'old', commits.at(-200))
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
function history() {
  const random = createRandom(1)
  const files = []
  return Array.from({ length: COMMITS }, (_, index) => {
    const changed = {}
    const grown = Math.ceil((FILES * (index + 1)) / COMMITS)
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
    if (index % Math.floor(COMMITS / ASSETS) === 0)
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
