import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compare } from '../lib/compare.mjs'
import { createGitArea } from '../lib/git-area.mjs'
import { serveGit } from '../lib/git-server.mjs'
import { grownRepository } from '../lib/history.mjs'
import { capture, timed, timeOf } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

const WORKTREE = 'git worktree add'
const NEW = { comfypin: { ratio: 1.1 } }
const EXISTING = { comfypin: { ratio: 0.02 } }
const FETCHED_WORKTREE = 'git fetch, git worktree add'

export const row = {
  number: 16,
  title: 'Next commit of a cached repository',
  method:
    'The repository of row 15, of which comfypin has one commit and git the whole history up to 200 commits before the newest; every turn takes another commit. comfypin’s function is called within one process, as in a realize.',
  async measure(bench) {
    const { dir, commits } = await grownRepository(bench)
    const url = `${await serveGit(bench, join(dir, '..'))}/${dir.split('/').at(-1)}`
    const site = await createSite(bench, { url, commits, folder: 'next-commit' })
    return [
      await measureNew(bench, site),
      await measureFetched(bench, site),
      await measureExisting(bench, site),
    ]
  },
}

/** One cache and one clone that are to get the next commits. */
async function createSite(bench, { url, commits, folder }) {
  const dir = join(bench.work.run, folder)
  mkdirSync(dir)
  const git = (...args) => ['git', `--git-dir=${join(dir, 'clone.git')}`, ...args]
  const clone = ['clone', '--quiet', '--bare', '--single-branch', '--branch', 'old', url]
  await capture(['git', ...clone, join(dir, 'clone.git')], { env: bench.env, cwd: dir })
  const area = await createGitArea(bench, join(dir, 'cache'), url)
  await area.checkout(commits.at(-200))
  let next = commits.length - 190
  return {
    area,
    first: commits.at(-200),
    takeCommit: () => commits[next++],
    fetch: (commit) =>
      timed(git('fetch', '--quiet', 'origin', commit), { env: bench.env, cwd: dir }),
    addWorktree: (commit, name) =>
      timed(git('worktree', 'add', '--quiet', '--detach', join(dir, name), commit), {
        env: bench.env,
        cwd: dir,
      }),
  }
}

async function measureNew(bench, { area, takeCommit, fetch, addWorktree }) {
  let commit = null
  const entrants = await interleave(bench, [
    {
      name: FETCHED_WORKTREE,
      command:
        'git fetch --quiet origin <commit> && git worktree add --quiet --detach <dir> <commit>',
      run: async (turn) => {
        commit = takeCommit()
        return (await fetch(commit)) + (await addWorktree(commit, `new-${turn}`))
      },
    },
    ours(() => timeOf(() => area.checkout(commit))),
  ])
  return compare({
    title: 'new commit, still remote',
    baseline: FETCHED_WORKTREE,
    targets: NEW,
    entrants,
  })
}

async function measureFetched(bench, { area, takeCommit, fetch, addWorktree }) {
  let commit = null
  const entrants = await interleave(bench, [
    worktree(async (turn) => {
      commit = takeCommit()
      await fetch(commit)
      return addWorktree(commit, `fetched-${turn}`)
    }),
    ours(async () => {
      await area.fetch(commit)
      return timeOf(() => area.checkout(commit))
    }),
  ])
  return compare({
    title: 'new commit, objects fetched before',
    baseline: WORKTREE,
    targets: NEW,
    entrants,
  })
}

async function measureExisting(bench, { area, first, addWorktree }) {
  const entrants = await interleave(bench, [
    worktree((turn) => addWorktree(first, `existing-${turn}`)),
    ours(() => timeOf(() => area.checkout(first))),
  ])
  return compare({ title: 'existing commit', baseline: WORKTREE, targets: EXISTING, entrants })
}

function worktree(run) {
  return { name: WORKTREE, command: 'git worktree add --quiet --detach <dir> <commit>', run }
}

function ours(run) {
  return { name: 'comfypin', command: 'ensureCheckout(<url>, <commit>)', ours: true, run }
}
