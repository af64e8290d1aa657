import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import {
  argvWithPort,
  recordLaunch,
  runUi,
  startDirectly,
  startWithComfypin,
} from '../lib/launch.mjs'
import { interleave } from '../lib/rounds.mjs'
import { noteVersion, subjectsOf } from '../lib/subjects.mjs'

const ID = 'fresh'

export const row = {
  number: 5,
  title: 'First start after a realize',
  method:
    'Every turn realizes into empty caches and a new home (wheels are in uv’s cache; no import check, so nothing has started before), then starts twice. "No bytecode" is the same start with an empty `PYTHONPYCACHEPREFIX`. The first start of a home also makes ComfyUI’s database there.',
  async measure(bench) {
    const comparisons = []
    for (const subject of await subjectsOf(bench))
      comparisons.push(await measureSubject(bench, subject))
    return comparisons
  },
}

async function measureSubject(bench, subject) {
  const { name, slug, spec } = subject
  const example = await realizeAfresh(bench, `first-start-${slug}-example`, spec)
  noteVersion(bench, subject, example.home(ID))
  const launch = await recordLaunch(bench, example, ID)
  let area = null
  const entrants = await interleave(
    bench,
    [
      {
        name: 'first start',
        command: bench.show(runUi(example, ID, '<port>')),
        ours: true,
        run: async (turn) => {
          area = await realizeAfresh(bench, `first-start-${slug}-${turn}`, spec)
          const { ready } = await startWithComfypin(bench, area, ID)
          return ready
        },
      },
      {
        name: 'second start',
        command: bench.show(runUi(example, ID, '<port>')),
        run: async () => (await startWithComfypin(bench, area, ID)).ready,
      },
      {
        name: 'no bytecode',
        command: `PYTHONPYCACHEPREFIX=<empty> ${example.show(argvWithPort(launch, '<port>'), ID)}`,
        run: async (turn) => {
          const empty = join(bench.work.run, `no-bytecode-${slug}-${turn}`)
          mkdirSync(empty)
          const { ready } = await startDirectly(bench, launch, { PYTHONPYCACHEPREFIX: empty })
          return ready
        },
      },
    ],
    { repeat: slug === 'standin' ? 3 : 1 },
  )
  return compare({
    title: `HTTP-ready, ${name}`,
    baseline: 'second start',
    targets: { 'first start': { ratio: 1.1 } },
    entrants,
  })
}

async function realizeAfresh(bench, folder, spec) {
  const area = createArea(bench, folder)
  area.writeSpec(ID, spec)
  await area.ask('realize', ID, '--no-check')
  return area
}
