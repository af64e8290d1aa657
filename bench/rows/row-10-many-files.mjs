import { compare, derived } from '../lib/compare.mjs'
import { createDownloaders } from '../lib/downloaders.mjs'
import { serveFiles } from '../lib/file-server.mjs'
import { requireHere } from '../lib/missing.mjs'
import { serveWithNginx } from '../lib/nginx.mjs'
import { payload } from '../lib/payload.mjs'
import { interleave } from '../lib/rounds.mjs'

export const row = {
  number: 10,
  title: 'Many small files',
  method:
    '200 files of 1 MiB: from the server of row 8, which gives every connection 20 MB/s and answers after 50 ms, and from that of row 6, as fast as this machine. comfypin transfers as many at once as a realize does; a file that is whole makes room for the next before the disk has it (“on the disk”). curl -Z has its 50.',
  async measure(bench) {
    const files = payload(bench, { name: 'small', count: 200, bytes: 1 << 20 })
    const { url } = await serveFiles(bench, files.dir, {
      latencyMs: 50,
      bytesPerSecond: 20_000_000,
    })
    const slow = { slug: 'row-10-slow', url, payload: files }
    const fast = {
      slug: 'row-10-fast',
      url: await serveWithNginx(bench, files.dir),
      payload: files,
    }
    return [
      await measureLine(bench, slow, {
        title: '20 MB/s for each connection, 50 ms',
        baseline: 'aria2cMany',
        others: ['curlParallel'],
        ratio: 0.5,
      }),
      await measureLine(bench, fast, {
        title: 'fast server',
        baseline: 'curlParallel',
        others: ['aria2cMany'],
        ratio: 1.1,
      }),
    ]
  },
}

async function measureLine(bench, site, { title, baseline, others, ratio }) {
  const peers = await createDownloaders(bench, site)
  const all = [...[baseline, ...others].map((peer) => peers[peer]()), await peers.comfypin()]
  requireHere(all[0])
  const entrants = await interleave(bench, all)
  const ours = entrants.find((entrant) => entrant.ours)
  const onDisk = { ...ours, name: 'comfypin, on the disk' }
  return compare({
    title,
    baseline: all[0].name,
    targets: { comfypin: { ratio } },
    entrants: [...entrants, derived(onDisk, 'ms', [ours], (sample) => sample.durable)],
  })
}
