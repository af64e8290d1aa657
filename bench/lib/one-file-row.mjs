import { localCertificate } from './certificate.mjs'
import { compare, derived } from './compare.mjs'
import { createDownloaders } from './downloaders.mjs'
import { requireHere } from './missing.mjs'
import { serveWithNginx } from './nginx.mjs'
import { bigPayload } from './payload.mjs'
import { interleave } from './rounds.mjs'

const MAX_MEMORY = 80 << 20

/**
 * A row about one file from a server that is as fast as this machine.
 * @param targets the most that is allowed of each peer's time, by its name
 */
export function oneFileRow({ number, title, tls, targets }) {
  return {
    number,
    title,
    method: `256 MiB of random bytes from nginx on this machine${tls ? ' over TLS, which everybody verifies' : ''}, on the same processor as the clients; everything is in memory. Every turn lands in a new folder, right after a warm-up file of the same size. comfypin’s and comfy-cli’s functions are timed within a new process that has loaded them, as in a realize; curl and aria2c from start to exit; all until the file is whole and under its name. Then comfypin alone waits for the disk (fsync) before it records the file, while others are downloaded and packages installed: “comfypin, on the disk” and “curl, sync”.`,
    async measure(bench) {
      const payload = bigPayload(bench)
      const certificate = tls ? await localCertificate(bench) : null
      const url = await serveWithNginx(bench, payload.dir, certificate)
      const ca = certificate?.cert ?? null
      const peers = await createDownloaders(bench, { slug: `row-${number}`, url, payload, ca })
      const all = [
        peers.curl(),
        peers.curlThen('sync'),
        peers.aria2c(),
        await peers.comfyCli(),
        await peers.comfypin(),
      ]
      requireHere(all[0])
      const entrants = await interleave(bench, all)
      return comparisons(entrants, targets)
    },
  }
}

function comparisons(entrants, targets) {
  const ours = entrants.find((entrant) => entrant.ours)
  const until = (name, end) => derived({ ...ours, name }, 'ms', [ours], (sample) => sample[end])
  const later = [
    until('comfypin, on the disk', 'durable'),
    until('comfypin, whole process', 'whole'),
  ]
  const [first, ...others] = Object.entries(targets)
  const measured = (peer) => entrants.filter(({ name, samples }) => name === peer && samples)
  return [
    compareTo(first, [...entrants, ...later]),
    ...others.flatMap(([peer, ratio]) =>
      measured(peer).map((entrant) => compareTo([peer, ratio], [entrant, ours])),
    ),
    compare({
      title: 'memory of comfypin',
      note: 'the largest resident size of the whole process, Node included.',
      baseline: ours.name,
      metric: 'memory',
      unit: 'bytes',
      targets: { [ours.name]: { value: MAX_MEMORY } },
      entrants: [ours],
    }),
  ]
}

function compareTo([baseline, ratio], entrants) {
  const title = `time, against ${baseline}`
  return compare({ title, baseline, targets: { comfypin: { ratio } }, entrants })
}
