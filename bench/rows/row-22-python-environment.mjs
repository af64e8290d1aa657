import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare } from '../lib/compare.mjs'
import { createCtx } from '../lib/ctx.mjs'
import { capture, timed, timeOf } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'
import { SHARED_ID as ID, realizedArea, subjectsOf } from '../lib/subjects.mjs'

const PEER = 'uv pip sync --offline'

export const row = {
  number: 22,
  title: 'Python environment of a second version',
  method:
    'A new empty venv for each turn, made before the clock starts; all wheels are in uv’s cache, hard links, the same `pylock.toml`. comfypin’s time includes the bytecode of every package; its functions are called within one process, as in a realize.',
  async measure(bench) {
    const comparisons = []
    for (const subject of await subjectsOf(bench))
      comparisons.push(await measureSubject(bench, subject))
    return comparisons
  },
}

async function measureSubject(bench, subject) {
  const { name } = subject
  const site = await prepareSite(bench, subject)
  const entrants = await interleave(bench, [
    {
      name: PEER,
      command: bench.show(site.uvSync('<venv>')),
      run: async (turn) => timed(site.uvSync(await site.newVenv(`uv-${turn}`)), site.options),
    },
    {
      name: 'comfypin',
      command: 'syncVenv(<venv>, pylock.toml), addBytecode(<venv>)',
      ours: true,
      run: async (turn) => site.fill(await site.newVenv(`comfypin-${turn}`)),
    },
    {
      name: `${PEER} --compile-bytecode`,
      command: bench.show(site.uvSync('<venv>', '--compile-bytecode')),
      run: async (turn) =>
        timed(
          site.uvSync(await site.newVenv(`uv-compiled-${turn}`), '--compile-bytecode'),
          site.options,
        ),
    },
  ])
  const title = `${site.packages} packages, ${name}`
  return compare({ title, baseline: PEER, targets: { comfypin: { ratio: 2 } }, entrants })
}

/** A realized version: its wheels are cached, their bytecode is stored, its lock is at hand. */
async function prepareSite(bench, subject) {
  const { addBytecode, cachePaths, readVenv, syncVenv, toLocal } = await bench.product.internals()
  const area = await realizedArea(bench, subject)
  const ctx = await createCtx(bench, area.cache)
  const pylockFile = cachePaths(area.cache).pylock(ID)
  const lock = toLocal(ctx, readFileSync(pylockFile, 'utf8')).text
  writeFileSync(join(area.dir, 'pylock.toml'), lock)
  const venvs = join(area.dir, 'venvs')
  mkdirSync(venvs)
  const options = { env: bench.env, cwd: area.dir }
  return {
    options,
    packages: lock.match(/^\[\[packages\]\]$/gm).length,
    newVenv: async (name) => {
      const dir = join(venvs, name)
      const create = ['venv', '--quiet', '--no-project', '--relocatable']
      await capture([bench.tools.uv, ...create, '--python', bench.tools.python, dir], options)
      return dir
    },
    uvSync: (dir, ...flags) => [
      ...[bench.tools.uv, 'pip', 'sync', '--quiet', '--offline', ...flags],
      ...['--python', join(dir, 'bin', 'python'), 'pylock.toml'],
    ],
    fill: (dir) => {
      const venv = readVenv(dir)
      return timeOf(async () => {
        await syncVenv(ctx, bench.tools.uv, { venv, pylockFile, offline: false })
        await addBytecode(ctx, venv)
      })
    },
  }
}
