import { compare } from '../lib/compare.mjs'
import { createDownloaders } from '../lib/downloaders.mjs'
import { serveFiles } from '../lib/file-server.mjs'
import { requireHere } from '../lib/missing.mjs'
import { bigPayload } from '../lib/payload.mjs'
import { interleave } from '../lib/rounds.mjs'

export const row = {
  number: 8,
  title: 'One big file, each connection limited',
  method:
    '256 MiB from a server that gives every connection 20 MB/s, answers after 50 ms, and after 50 ms more on a new connection. Clients as in row 6. aria2c opens 16 connections at most.',
  async measure(bench) {
    const payload = bigPayload(bench)
    const line = { latencyMs: 50, bytesPerSecond: 20_000_000 }
    const { url } = await serveFiles(bench, payload.dir, line)
    const peers = await createDownloaders(bench, { slug: 'row-8', url, payload })
    const all = [peers.aria2c(), peers.curl(), await peers.comfypin()]
    requireHere(all[0])
    return [
      compare({
        title: 'time at 20 MB/s for each connection, 50 ms',
        baseline: all[0].name,
        targets: { comfypin: { ratio: 0.65 } },
        entrants: await interleave(bench, all),
      }),
    ]
  },
}
