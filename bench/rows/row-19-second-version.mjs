import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createArea } from '../lib/area.mjs'
import { compare } from '../lib/compare.mjs'
import { allocatedBytes, linkBlocks } from '../lib/disk.mjs'
import { smallModels, smallPacks, standinCore } from '../lib/fixtures.mjs'
import { capture } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'

const COPY = 'full copy'

export const row = {
  number: 19,
  title: 'Disk of a second version',
  method:
    'Versions of the same core, 20 packs and 20 models. Allocated blocks of cache, model store and homes after a realize less those before; a file with several links counts once. The venv (hard links into uv’s cache) is left out on both sides and shown apart.',
  async measure(bench) {
    const area = createArea(bench, 'second-version')
    const spec = {
      comfy: await standinCore(bench),
      custom_nodes: await smallPacks(bench, 20),
      models: smallModels(bench, 20),
    }
    area.writeSpec('first', spec)
    await area.ask('realize', 'first')
    const checkouts = checkoutsOf(area.home('first'))
    const entrants = await interleave(bench, [
      {
        name: COPY,
        command: 'cp -a <core> <packs> <new home>',
        run: (turn) => copy(bench, checkouts, join(area.dir, `copy-${turn}`)),
      },
      {
        name: 'comfypin realize',
        command: bench.show(area.command('realize', 'next')),
        ours: true,
        run: (turn) => addVersion(bench, area, `next-${turn}`, spec),
      },
    ])
    return [
      compare({
        title: 'new disk',
        note: linkNote(area.home('next-0')),
        baseline: COPY,
        metric: 'bytes',
        unit: 'bytes',
        targets: { 'comfypin realize': { value: 64 * 1024 } },
        entrants,
      }),
      compare({
        title: 'of the venv, for information',
        note: 'folders, entry points and metadata of the new `.venv`; its packages are hard links.',
        baseline: 'comfypin realize',
        metric: 'venv',
        unit: 'bytes',
        entrants: entrants.slice(1),
      }),
    ]
  },
}

/** The folders of a benchmark run are long, and so are the links into them. */
function linkNote(home) {
  const blocks = linkBlocks(home)
  return `Filesystems such as ext4 give a block to a link whose target is longer than 59 bytes: here ${blocks.count} links, ${blocks.bytes / 1024} KiB of the new disk.`
}

/** Where the core and the packs of a home lie, as its marker says. */
function checkoutsOf(home) {
  const { core, packs } = JSON.parse(readFileSync(join(home, '.comfypin.json'), 'utf8'))
  return [core.checkout, ...packs.map(({ checkout }) => checkout)]
}

async function copy(bench, checkouts, to) {
  mkdirSync(to)
  await capture(['cp', '-a', '--', ...checkouts, to], { env: bench.env })
  return { bytes: allocatedBytes([to]) }
}

async function addVersion(bench, area, id, spec) {
  area.writeSpec(id, spec)
  const before = measureDisk(bench, area)
  await area.ask('realize', id)
  const after = measureDisk(bench, area)
  const bytes = after.outside - before.outside
  return { bytes, venv: after.all - before.all - bytes }
}

/** With uv's cache among the folders, a venv's hard links into it cost nothing. */
function measureDisk(bench, area) {
  const dirs = [area.cache, area.models, area.builds]
  return {
    outside: allocatedBytes(dirs, { skip: ['.venv'] }),
    all: allocatedBytes([bench.work.uvCache, ...dirs]),
  }
}
