import { join } from 'node:path'
import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import { serveGit } from '../lib/git-server.mjs'
import { timed, timeOf } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

const ID = 'refs'
const REPOSITORIES = 20
const LATENCY_MS = 40
const PEER = '20 × git ls-remote'

export const row = {
  number: 17,
  title: 'Resolving refs',
  method: `${REPOSITORIES} repositories with 200 refs each, on a server of this machine that waits ${LATENCY_MS} ms before every answer. The whole command is measured, with its start.`,
  async measure(bench) {
    const urls = await serveRepositories(bench)
    const area = createArea(bench, 'refs')
    const [comfy, ...packs] = urls.map((repo) => ({ repo, ref: 'main' }))
    area.writeSpec(ID, { comfy, custom_nodes: packs })
    await area.ask('resolve', ID)
    const entrants = await interleave(bench, [
      {
        name: PEER,
        command: 'git ls-remote <url> refs/heads/main, all started at once',
        run: () => timeOf(() => Promise.all(urls.map((url) => lsRemote(bench, url)))),
      },
      {
        name: 'comfypin resolve',
        command: bench.show(area.command('resolve', ID, '--refresh')),
        ours: true,
        run: () => area.time('resolve', ID, '--refresh'),
      },
    ])
    const targets = { 'comfypin resolve': { ratio: 0.7 } }
    return [compare({ title: `${REPOSITORIES} refs`, baseline: PEER, targets, entrants })]
  },
}

function lsRemote(bench, url) {
  return timed(['git', 'ls-remote', '--quiet', url, 'refs/heads/main'], { env: bench.env })
}

async function serveRepositories(bench) {
  const { createRepo } = await bench.product.internals()
  const root = join(bench.work.run, 'refs-repositories')
  const names = Array.from({ length: REPOSITORIES }, (_, index) => `repository-${index}.git`)
  for (const name of names) addRefs(createRepo(join(root, name), { files: { 'a.txt': name } }))
  const address = await serveGit(bench, root, { latencyMs: LATENCY_MS, fromMemory: true })
  return names.map((name) => `${address}/${name}`)
}

function addRefs(repo) {
  const head = repo.commits[0]
  for (let number = 1; number < 10; number++) repo.git('update-ref', `refs/tags/v${number}`, head)
  // as hosts do for pull requests; packed, like theirs
  for (let number = 1; number <= 190; number++)
    repo.git('update-ref', `refs/pull/${number}/head`, head)
  repo.git('pack-refs', '--all')
}
