import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { compare } from '../lib/compare.mjs'
import { allocatedBytes } from '../lib/disk.mjs'
import { createGitArea } from '../lib/git-area.mjs'
import { serveGit } from '../lib/git-server.mjs'
import { grownRepository } from '../lib/history.mjs'
import { timed, timeOf } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

const CLONE = 'git clone, git checkout'
const LINES = [
  { name: '100 Mbit/s, 20 ms', slug: 'line', latencyMs: 20, bytesPerSecond: 12_500_000 },
  { name: 'no network between', slug: 'loopback' },
]

export const row = {
  number: 15,
  title: 'First checkout of a commit',
  method:
    'A generated repository of 1500 commits, 800 source files and 40 MB of history, over smart HTTP on this machine; the commit is 20 before the newest. Over a line like an office’s, and without any, where the server’s packing is on the same processor as the client. comfypin’s function is called within one process, as in a realize.',
  async measure(bench) {
    const repository = await grownRepository(bench)
    const comparisons = []
    for (const line of LINES)
      comparisons.push(...compareLine(line, await measureLine(bench, repository, line)))
    return comparisons
  },
}

async function measureLine(bench, { dir, commits }, line) {
  const url = `${await serveGit(bench, dirname(dir), line)}/${basename(dir)}`
  const commit = commits.at(-20)
  const folder = (name, turn) => join(bench.work.run, `${name}-${line.slug}-${turn}`)
  return interleave(bench, [
    {
      name: CLONE,
      command: 'git clone --quiet <url> <dir> && git -C <dir> checkout --quiet <commit>',
      run: (turn) => clone(bench, { url, commit, dir: folder('clone', turn) }),
    },
    {
      name: 'comfypin',
      command: 'ensureCheckout(<url>, <commit>)',
      ours: true,
      run: (turn) => checkout(bench, { url, commit, dir: folder('first-checkout', turn) }),
    },
  ])
}

function compareLine({ name, slug }, entrants) {
  const time = compare({
    title: `time, ${name}`,
    baseline: CLONE,
    targets: { comfypin: { ratio: 0.25 } },
    entrants,
  })
  if (slug !== 'loopback') return [time]
  const disk = compare({
    title: 'disk',
    baseline: CLONE,
    metric: 'bytes',
    unit: 'bytes',
    targets: { comfypin: { ratio: 0.5 } },
    entrants,
  })
  return [time, disk]
}

async function clone(bench, { url, commit, dir }) {
  const options = { env: bench.env, cwd: bench.work.run }
  const cloned = await timed(['git', 'clone', '--quiet', url, dir], options)
  const switched = await timed(['git', '-C', dir, 'checkout', '--quiet', commit], options)
  return { ms: cloned + switched, bytes: allocatedBytes([dir]) }
}

async function checkout(bench, { url, commit, dir }) {
  mkdirSync(dir)
  const area = await createGitArea(bench, dir, url)
  return { ms: await timeOf(() => area.checkout(commit)), bytes: allocatedBytes([dir]) }
}
