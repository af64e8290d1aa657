import { join } from 'node:path'
import { compare } from '../lib/compare.mjs'
import { createEngine } from '../lib/engine.mjs'
import { createLanding } from '../lib/landing.mjs'
import { bigPayload } from '../lib/payload.mjs'
import { timed, timedOutput } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'
import { mountSlowly } from '../lib/slow-volume.mjs'

const READ_MS = 2
const COPY_FILE = `const started = performance.now()
fs.copyFileSync(...process.argv.slice(1))
console.log(performance.now() - started)`

export const row = {
  number: 12,
  title: 'Copy from a slow volume',
  method:
    '256 MiB from a mounted filesystem (FUSE, bench/lib/slow-volume.c) that takes 2 ms for every read request of the kernel, which reads 128 KiB at once and some ahead, as it does on network filesystems; as many wait side by side as the kernel sends, and nothing stays cached from one copy to the next. comfypin’s and Node’s functions are timed within their process, cp from start to exit.',
  async measure(bench) {
    const payload = bigPayload(bench)
    const volume = await mountSlowly(bench, payload.dir, READ_MS)
    await bench.peers.find('cp')
    const engine = await createEngine(bench)
    const entrants = await interleave(bench, copiers(bench, { payload, volume, engine }))
    return [
      compare({
        title: `time at ${READ_MS} ms for each read`,
        baseline: 'cp',
        targets: { comfypin: { ratio: 0.6 } },
        entrants,
      }),
    ]
  },
}

function copiers(bench, { payload, volume, engine }) {
  const [{ name: file }] = payload.files
  const from = join(volume, file)
  const entrant = (facts, slug, copy) => {
    const land = createLanding(bench, `row-12-${slug}`, payload)
    return { ...facts, run: (turn) => land(turn, (dir) => copy(join(dir, file))) }
  }
  const options = { env: bench.env, cwd: bench.work.run }
  return [
    entrant({ name: 'cp', command: 'cp <file> <target>' }, 'cp', (target) =>
      timed(['cp', from, target], options),
    ),
    entrant(
      { name: 'fs.copyFile', command: 'fs.copyFileSync(<file>, <target>)' },
      'node',
      (target) =>
        timedOutput([process.execPath, '-e', COPY_FILE, from, target], options).then(({ stdout }) =>
          Number(stdout),
        ),
    ),
    entrant(
      { name: 'comfypin', command: 'copyLocal(<file>, <target>)', ours: true },
      'comfypin',
      (target) => engine.run({ copies: [{ from, target }] }),
    ),
  ]
}
