import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import { capture, timed } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

export const row = {
  number: 1,
  title: 'Start-up of the command line',
  method:
    'Wall time from spawn to exit; `list` has 10 specs. A value of a round is the median of 5 turns.',
  async measure(bench) {
    const entrants = await interleave(bench, await listEntrants(bench), { repeat: 5 })
    const targets = Object.fromEntries(COMMANDS.map((args) => [nameOf(args), { ratio: 1.25 }]))
    return [compare({ title: 'start-up', baseline: 'node -e 0', targets, entrants })]
  },
}

const COMMANDS = [['--version'], ['--help'], ['list']]

function nameOf(args) {
  return `comfypin ${args.join(' ')}`
}

async function listEntrants(bench) {
  const area = createArea(bench, 'start-up')
  for (let number = 1; number <= 10; number++) area.writeSpec(`version-${number}`, exampleSpec())
  const node = [bench.tools.node, '-e', '0']
  const ours = COMMANDS.map((args) => ({
    name: nameOf(args),
    command: bench.show(area.command(...args)),
    ours: true,
    run: () => area.time(...args),
  }))
  return [
    { name: 'node -e 0', command: 'node -e 0', run: () => timed(node, { env: bench.env }) },
    ...ours,
    ...(await listPeers(bench)),
  ]
}

function exampleSpec() {
  const repo = (name) => ({ repo: `https://example.org/${name}.git`, ref: 'main' })
  return {
    comfy: repo('core'),
    custom_nodes: Array.from({ length: 10 }, (_, index) => repo(`pack-${index}`)),
    models: Array.from({ length: 10 }, (_, index) => ({
      source: `https://example.org/model-${index}.safetensors`,
      target_subdir: 'checkpoints',
    })),
  }
}

async function listPeers(bench) {
  const comfy = await bench.peers.get('comfy-cli')
  if (comfy.unavailable === null) await refuseTracking(bench, comfy)
  const cg = await bench.peers.get('comfygit')
  const runpod = await bench.peers.get('runpod')
  return [
    peer(bench, comfy, 'comfy --version', (at) => [at.program('comfy'), '--version']),
    peer(bench, comfy, 'comfy --help', (at) => [at.program('comfy'), '--help']),
    peer(bench, cg, 'cg --version', (at) => [at.program('cg'), '--version']),
    peer(bench, runpod, 'import runpod', (at) => [at.python, '-c', 'import runpod']),
  ]
}

/** It asks at its first start otherwise. */
async function refuseTracking(bench, comfy) {
  await capture([comfy.program('comfy'), '--skip-prompt', 'tracking', 'disable'], {
    env: bench.onlineEnv,
  })
}

function peer(bench, found, name, toArgv) {
  if (found.unavailable !== null) return { name, command: name, unavailable: found.unavailable }
  const argv = toArgv(found)
  return { name, command: bench.show(argv), run: () => timed(argv, { env: bench.env }) }
}
