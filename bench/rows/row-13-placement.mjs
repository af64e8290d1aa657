import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import { allocatedBytes } from '../lib/disk.mjs'
import { standinCore } from '../lib/fixtures.mjs'
import { bigPayload } from '../lib/payload.mjs'
import { capture } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

const OURS = 'comfypin realize'

export const row = {
  number: 13,
  title: 'Placing a model that the store has',
  method:
    'A new version wants a model of 256 MiB that the store already has, in another folder and under another name. Allocated blocks of the plain files in the model store (its index included) after the command less those before; a file with several links counts once. New names and folders are not file data.',
  async measure(bench) {
    const { dir, files } = bigPayload(bench)
    const area = createArea(bench, 'placement')
    const comfy = await standinCore(bench)
    const source = pathToFileURL(join(dir, files[0].name)).href
    const spec = (model) => ({ comfy, models: [{ source, ...model }] })
    area.writeSpec('first', spec({ target_subdir: 'checkpoints' }))
    await area.ask('realize', 'first')
    const placed = join(area.models, 'checkpoints', files[0].name)
    const entrants = await interleave(bench, [
      byHand(bench, area, 'cp', placed),
      byHand(bench, area, 'ln', placed),
      {
        name: OURS,
        command: bench.show(area.command('realize', 'next')),
        ours: true,
        run: (turn) => {
          const id = `next-${turn}`
          area.writeSpec(id, spec({ target_subdir: `loras/${turn}`, name: 'other-name.bin' }))
          return newData(area, () => area.ask('realize', id))
        },
      },
    ])
    return [
      compare({
        title: 'new file data',
        baseline: 'cp',
        metric: 'bytes',
        unit: 'bytes',
        targets: { [OURS]: { value: 0 } },
        entrants,
      }),
    ]
  },
}

function byHand(bench, area, program, placed) {
  const dir = join(area.models, program)
  mkdirSync(dir)
  return {
    name: program,
    command: `${program} <file> <target>`,
    run: (turn) =>
      newData(area, () =>
        capture([program, placed, join(dir, `${turn}.bin`)], { env: bench.env, cwd: dir }),
      ),
  }
}

async function newData(area, work) {
  const before = allocatedBytes([area.models], { data: true })
  await work()
  return { bytes: allocatedBytes([area.models], { data: true }) - before }
}
