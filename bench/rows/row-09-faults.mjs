import { join } from 'node:path'
import { compare } from '../lib/compare.mjs'
import { createEngine } from '../lib/engine.mjs'
import { serveFiles } from '../lib/file-server.mjs'
import { createLanding } from '../lib/landing.mjs'
import { bigPayload, PAYLOAD_BYTES } from '../lib/payload.mjs'
import { interleave } from '../lib/rounds.mjs'

const LINE = { latencyMs: 50, bytesPerSecond: 20_000_000, totalBytesPerSecond: 125_000_000 }
const NO_FAULT = 'comfypin, no fault'
const STALLED = 'comfypin, a connection stalls'
const KILLED = 'comfypin, killed and run again'
const SEGMENT_BYTES = 8 << 20

export const row = {
  number: 9,
  title: 'Faults of a transfer',
  method:
    '256 MiB over a line of 1 Gbit/s that gives every connection 20 MB/s, with 50 ms. Once 95 % are sent, one connection falls silent and stays open; or the process is killed (SIGKILL) once 50 % are sent and a second one finishes. Times are those of the function within its process, both runs added. curl would wait for ever and aria2c for the 60 s of its time-out: they are not waited for.',
  async measure(bench) {
    const payload = bigPayload(bench)
    const server = await serveFiles(bench, payload.dir, LINE)
    const engine = await createEngine(bench)
    const entrants = await interleave(bench, faults(bench, { payload, server, engine }))
    return [
      compare({
        title: 'time',
        baseline: NO_FAULT,
        targets: { [STALLED]: { ratio: 1.25 }, [KILLED]: { ratio: 1.25 } },
        entrants,
      }),
      compare({
        title: 'bytes fetched again',
        note: 'of the killed one, what it had written and the server sent to the second, beyond the file; of the others, what the server sent beyond it. The target is two segments of 8 MiB.',
        baseline: NO_FAULT,
        metric: 'again',
        unit: 'bytes',
        targets: { [KILLED]: { value: 2 * SEGMENT_BYTES } },
        entrants,
      }),
    ]
  },
}

function faults(bench, { payload, server, engine }) {
  const [{ name: file }] = payload.files
  const job = (dir) => ({ transfers: [{ url: `${server.url}/${file}`, target: join(dir, file) }] })
  const entrant = (name, command, slug, run) => {
    const land = createLanding(bench, `row-9-${slug}`, payload)
    return { name, command, ours: true, run: (turn) => land(turn, (dir) => run(job(dir))) }
  }
  /** One run to its end, after `before` of the file had arrived. */
  const finish = async (transfers, watch, before = { ms: 0, written: 0 }) => {
    await server.watch(watch)
    const { ms } = await engine.run(transfers)
    const received = before.written + (await server.sent())
    return { ms: before.ms + ms, again: received - PAYLOAD_BYTES }
  }
  const command = 'transfer(<url>)'
  return [
    entrant(NO_FAULT, command, 'whole', (transfers) => finish(transfers)),
    entrant(STALLED, command, 'stalled', (transfers) =>
      finish(transfers, { stallAt: 0.95 * PAYLOAD_BYTES }),
    ),
    entrant(KILLED, `${command}, kill -9, ${command}`, 'killed', async (transfers) => {
      await server.watch({ tellAt: 0.5 * PAYLOAD_BYTES })
      const first = await engine.runUntil(transfers, server.told())
      return finish(transfers, {}, first)
    }),
  ]
}
