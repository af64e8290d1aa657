import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare, derived } from '../lib/compare.mjs'
import {
  argvWithPort,
  recordLaunch,
  runUi,
  startDirectly,
  startWithComfypin,
} from '../lib/launch.mjs'
import { timed } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'
import { SHARED_ID as ID, realizedArea, subjectsOf } from '../lib/subjects.mjs'

const DIRECT = 'python main.py'
const OURS = 'comfypin run-ui'
const ADDED = 'added by comfypin'

export const row = {
  number: 3,
  title: 'Start of a realized version',
  method:
    "`run-ui` against the venv's python with the arguments, environment and folder that `run-ui` gives it. The stand-in's `main.py` writes CLOCK_MONOTONIC in its first line; ready is the first 200 of `/system_stats`.",
  async measure(bench) {
    const comparisons = []
    for (const subject of await subjectsOf(bench))
      comparisons.push(...(await measureSubject(bench, subject)))
    return comparisons
  },
}

async function measureSubject(bench, subject) {
  const { name, slug } = subject
  const area = await realizedArea(bench, subject)
  const launch = await recordLaunch(bench, area, ID)
  const [node, direct, ours] = await interleave(
    bench,
    [
      {
        name: 'node -e 0',
        command: 'node -e 0',
        run: () => timed([bench.tools.node, '-e', '0'], { env: bench.env }),
      },
      {
        name: DIRECT,
        command: area.show(argvWithPort(launch, '<port>'), ID),
        run: () => withFirstLine(area, (env) => startDirectly(bench, launch, env)),
      },
      {
        name: OURS,
        command: bench.show(runUi(area, ID, '<port>')),
        ours: true,
        run: () => withFirstLine(area, (env) => startWithComfypin(bench, area, ID, env)),
      },
    ],
    { repeat: slug === 'standin' ? 3 : 1 },
  )
  const ready = compare({
    title: `HTTP-ready, ${name}`,
    baseline: DIRECT,
    metric: 'ready',
    targets: { [OURS]: { ratio: 1.02 } },
    entrants: [direct, ours],
  })
  return slug === 'standin' ? [compareFirstLine(name, node, direct, ours), ready] : [ready]
}

/** Only the stand-in writes the file; a real ComfyUI is not changed for this. */
async function withFirstLine(area, start) {
  const file = join(area.dir, 'first-line')
  const { started, ready } = await start({ BENCH_FIRST_LINE: file })
  const firstLine = readIfExists(file)
  if (firstLine === null) return { ready }
  return { ready, firstLine: Number(firstLine) - started }
}

function compareFirstLine(name, node, direct, ours) {
  const added = derived(
    { name: ADDED, command: `${OURS} − ${DIRECT}`, ours: true },
    'firstLine',
    [ours, direct],
    (one, other) => one.firstLine - other.firstLine,
  )
  const base = derived(node, 'firstLine', [node], ({ ms }) => ms)
  return compare({
    title: `first line of main.py, ${name}`,
    baseline: 'node -e 0',
    metric: 'firstLine',
    targets: { [ADDED]: { ratio: 1.5 } },
    entrants: [base, direct, ours, added],
  })
}

function readIfExists(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}
