import { compare } from '../lib/compare.mjs'
import { createDownloaders } from '../lib/downloaders.mjs'
import { serveFiles } from '../lib/file-server.mjs'
import { bigPayload } from '../lib/payload.mjs'
import { interleave } from '../lib/rounds.mjs'

const UNVERIFIED = 'comfypin, unverified'
const VERIFIED = 'comfypin, sha256'

export const row = {
  number: 11,
  title: 'Verified against unverified',
  method:
    '256 MiB from a server that sends 500 MB/s over all connections together. comfypin’s function is timed within its process, as in row 6; curl and sha256sum from start to exit, one after the other.',
  async measure(bench) {
    const payload = bigPayload(bench)
    const line = { totalBytesPerSecond: 500_000_000 }
    const { url } = await serveFiles(bench, payload.dir, line)
    const peers = await createDownloaders(bench, { slug: 'row-11', url, payload })
    const entrants = await interleave(bench, [
      await peers.comfypin({ name: UNVERIFIED }),
      await peers.comfypin({ name: VERIFIED, verified: true }),
      peers.curl(),
      peers.curlThen('sha256sum'),
    ])
    return [
      compare({
        title: 'time at 500 MB/s',
        baseline: UNVERIFIED,
        targets: { [VERIFIED]: { ratio: 1.1 } },
        entrants,
      }),
    ]
  },
}
