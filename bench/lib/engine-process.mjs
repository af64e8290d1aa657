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
await (copies.length > 0 ? copyAll() : transferAll())
const ms = performance.now() - started
writeSync(1, `${JSON.stringify({ ms, memory: peakMemory() })}\n`)

async function copyAll() {
  for (const copy of copies) await copyLocal(ctx, { id: copy.target, checksum: null, ...copy })
}

/** As a realize does: so many files at once, over shared connections. */
async function transferAll() {
  const agents = createHttpAgents()
  const left = transfers.map((request) => ({ ...DEFAULTS, id: request.url, agents, ...request }))
  const work = async () => {
    for (let request = left.shift(); request !== undefined; request = left.shift())
      await transfer(ctx, { ...request, source: request.url })
  }
  await Promise.all(Array.from({ length: limit ?? settings.downloadConcurrency }, work))
  destroyAgents(agents)
}

/** Bytes: the largest resident size of this program, without what its parent had. */
function peakMemory() {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
