import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import { smallModels, smallPacks, standinCore } from '../lib/fixtures.mjs'
import { timed } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

const ID = 'many'

export const row = {
  number: 2,
  title: 'Realize with nothing to do',
  method:
    'The stand-in core with 50 packs and 1000 model files, realized before. A value of a round is the median of 5 turns.',
  async measure(bench) {
    const area = createArea(bench, 'no-op')
    area.writeSpec(ID, {
      comfy: await standinCore(bench),
      custom_nodes: await smallPacks(bench, 50),
      models: smallModels(bench, 1000),
    })
    await area.ask('realize', ID, '--no-check')
    await requireNoop(area)
    const entrants = await interleave(
      bench,
      [
        {
          name: 'node -e 0',
          command: 'node -e 0',
          run: () => timed([bench.tools.node, '-e', '0'], { env: bench.env }),
        },
        {
          name: 'comfypin realize',
          command: bench.show(area.command('realize', ID)),
          ours: true,
          run: () => area.time('realize', ID),
        },
      ],
      { repeat: 5 },
    )
    return [
      compare({
        title: '50 packs, 1000 models',
        baseline: 'node -e 0',
        targets: { 'comfypin realize': { ratio: 1.5 } },
        entrants,
      }),
    ]
  },
}

async function requireNoop(area) {
  const { changed, steps } = await area.ask('realize', ID)
  if (changed) throw new Error(`a second realize changes something: ${JSON.stringify(steps)}`)
}
