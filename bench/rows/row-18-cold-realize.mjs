import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import { requireHere } from '../lib/missing.mjs'
import { timed } from '../lib/process.mjs'
import { createRemote } from '../lib/remote.mjs'
import { interleave } from '../lib/rounds.mjs'

const SCRIPT = 'shell script'
const OURS = 'comfypin realize'
const ID = 'version'
const INSTALL = fileURLToPath(new URL('../lib/install.sh', import.meta.url))
const LINE = { latencyMs: 20, bytesPerSecond: 12_500_000 }

export const row = {
  number: 18,
  title: 'Cold realize',
  method:
    'The stand-in core with 40 MB of history, 20 packs with 3 MB of history and one requirement each, 4 models of 64 MiB. Repositories and models come from servers with 20 ms and 12.5 MB/s for each connection, Python packages from a folder of wheels. Every turn begins with nothing: no cache, no venv. The script does the same steps in sequence, as instructions tell people to; comfypin also compiles bytecode and imports every pack once.',
  async measure(bench) {
    requireHere(await bench.peers.find('curl'))
    const remote = await createRemote(bench, LINE)
    const entrants = await interleave(bench, [
      {
        name: SCRIPT,
        command: bench.show(['sh', INSTALL]),
        run: (turn) => installByScript(bench, remote, join(bench.work.run, `script-${turn}`)),
      },
      {
        name: OURS,
        command: bench.show(bench.product.command('realize', ID, '--wheels-dir', '<wheels>')),
        ours: true,
        run: (turn) => realize(bench, remote, `cold-${turn}`),
      },
    ])
    return [
      compare({
        title: 'core, 20 packs, 4 models',
        baseline: SCRIPT,
        targets: { [OURS]: { ratio: 0.2 } },
        entrants,
      }),
    ]
  },
}

function installByScript(bench, { core, packs, models, wheels, git, files }, dir) {
  mkdirSync(dir)
  const env = {
    ...bench.env,
    GIT: git,
    FILES: files,
    PYTHON: bench.tools.python,
    CORE: core.name,
    COMMIT: core.commit,
    WHEELS: wheels,
    PACKS: packs.map(({ name }) => name).join(' '),
    MODELS: models.join(' '),
  }
  return timed(['sh', INSTALL], { env, cwd: dir })
}

function realize(bench, { core, packs, models, wheels, git, files }, name) {
  const area = createArea(bench, name, { isCold: true })
  area.writeSpec(ID, {
    comfy: { repo: `${git}/${core.name}.git`, commit: core.commit },
    custom_nodes: packs.map((pack) => ({ repo: `${git}/${pack.name}.git` })),
    models: models.map((file) => ({ source: `${files}/${file}`, target_subdir: 'checkpoints' })),
  })
  return area.time('realize', ID, '--wheels-dir', wheels)
}
