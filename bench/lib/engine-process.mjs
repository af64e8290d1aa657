// One use of comfypin's transfers in a process of its own; prints what it took. Started by `engine.mjs`.
import { readFileSync, writeSync } from 'node:fs'

const { bundle, cacheRoot, limit, copies = [], transfers = [] } = JSON.parse(process.argv[2])
const DEFAULTS = {
  headers: {},
  expectedSize: null,
  checksum: null,
  describe: (status) => `the answer is ${status}`,
  renew: null,
}
const engine = await import(bundle)
const { copyLocal, createHttpAgents, destroyAgents, parseSettings, systemClock, transfer } = engine
const settings = parseSettings(process.env, { cacheRoot })
const ctx = { emit: () => {}, signal: new AbortController().signal, settings, clock: systemClock }

writeSync(1, 'begun\n')
const started = performance.now()
let ms = 0
await (copies.length > 0 ? copyAll() : transferAll())
const durable = performance.now() - started
writeSync(1, `${JSON.stringify({ ms, durable, memory: peakMemory() })}\n`)

async function copyAll() {
  const onLanded = () => (ms = performance.now() - started)
  for (const copy of copies)
    await copyLocal(ctx, { id: copy.target, checksum: null, onLanded, ...copy })
}

/** As a realize does: so many files at once, over shared connections; one that has landed makes room. */
async function transferAll() {
  const agents = createHttpAgents()
  const left = transfers.map((request) => ({ ...DEFAULTS, id: request.url, agents, ...request }))
  const begun = []
  const lane = async () => {
    for (let request = left.shift(); request !== undefined; request = left.shift())
      await landed(begun, { ...request, source: request.url })
  }
  await Promise.all(Array.from({ length: limit ?? settings.downloadConcurrency }, lane))
  ms = performance.now() - started
  await Promise.all(begun)
  destroyAgents(agents)
}

/** Resolves when the file is whole, checked and under its name; the disk may have to take it yet. */
function landed(begun, request) {
  return new Promise((resolve, reject) => {
    const whole = transfer(ctx, { ...request, onLanded: resolve })
    whole.catch(reject)
    begun.push(whole)
  })
}

/** Bytes: the largest resident size of this program, without what its parent had. */
function peakMemory() {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
