import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { compare } from '../lib/compare.mjs'
import { createCtx } from '../lib/ctx.mjs'
import { capture, timed } from '../lib/process.mjs'
import { interleave } from '../lib/rounds.mjs'
import { SHARED_ID as ID, realizedArea, subjectsOf } from '../lib/subjects.mjs'

const UV = 'uv pip sync'
const OURS = 'comfypin realize'

export const row = {
  number: 23,
  title: 'Processes of a realize with nothing to do',
  method:
    'The check of the venv is part of it: before the measurement, a package that is taken out of the venv must be noticed and put back. Children are counted with `strace -f -e execve` (without strace: calls of uv through a script that counts).',
  async measure(bench) {
    const comparisons = []
    for (const subject of await subjectsOf(bench))
      comparisons.push(...(await measureSubject(bench, subject)))
    return comparisons
  },
}

async function measureSubject(bench, subject) {
  const { name } = subject
  const area = await realizedArea(bench, subject)
  await requireVenvCheck(bench, area)
  const uvSync = await uvSyncOf(bench, area)
  const entrants = await interleave(
    bench,
    [
      {
        name: UV,
        command: area.show(uvSync, ID),
        run: () => timed(uvSync, { env: bench.env, cwd: area.dir }),
      },
      {
        name: 'node -e 0',
        command: 'node -e 0',
        run: () => timed([bench.tools.node, '-e', '0'], { env: bench.env }),
      },
      {
        name: OURS,
        command: bench.show(area.command('realize', ID)),
        ours: true,
        run: () => area.time('realize', ID),
      },
    ],
    { repeat: 3 },
  )
  return [
    compare({ title: `time, ${name}`, baseline: UV, entrants }),
    compare({
      title: `against an empty program, ${name}`,
      baseline: 'node -e 0',
      targets: { [OURS]: { ratio: 1.5 } },
      entrants: entrants.slice(1),
    }),
    await countChildren(bench, area, name),
  ]
}

/** @throws Error when a damaged venv is taken for a whole one */
async function requireVenvCheck(bench, area) {
  const [victim] = await installedPackages(bench, area)
  const python = join(area.home(ID), '.venv', 'bin', 'python')
  const remove = [bench.tools.uv, 'pip', 'uninstall', '--quiet', '--python', python, victim]
  await capture(remove, { env: bench.env, cwd: area.dir })
  await area.ask('realize', ID, '--no-check')
  if (!(await installedPackages(bench, area)).includes(victim))
    throw new Error(`realize does not notice that ${victim} is gone from the venv`)
  const { changed } = await area.ask('realize', ID, '--no-check')
  if (changed) throw new Error('a second realize still changes something')
}

async function installedPackages(bench, area) {
  const python = join(area.home(ID), '.venv', 'bin', 'python')
  const list = [bench.tools.uv, 'pip', 'freeze', '--python', python]
  const { stdout } = await capture(list, { env: bench.env, cwd: area.dir })
  return stdout.split('\n').flatMap((line) => /^[\w.-]+/.exec(line)?.[0] ?? [])
}

async function uvSyncOf(bench, area) {
  const { cachePaths, toLocal } = await bench.product.internals()
  const ctx = await createCtx(bench, area.cache)
  const text = readFileSync(cachePaths(area.cache).pylock(ID), 'utf8')
  writeFileSync(join(area.dir, 'pylock.toml'), toLocal(ctx, text).text)
  const python = join(area.home(ID), '.venv', 'bin', 'python')
  return [bench.tools.uv, 'pip', 'sync', '--quiet', '--offline', '--python', python, 'pylock.toml']
}

async function countChildren(bench, area, name) {
  const traced = bench.tools.strace !== null
  const counted = traced ? 'child processes' : 'calls of uv'
  const entrants = await interleave(bench, [
    {
      name: 'comfypin realize itself',
      ours: true,
      command: bench.show(area.command('realize', ID)),
      run: async () => ({ programs: 1 }),
    },
    {
      name: counted,
      command: `strace -f -e execve ${bench.show(area.command('realize', ID))}`,
      ours: true,
      run: async () => ({
        programs: await (traced ? traceChildren : countUvCalls)(bench, area),
      }),
    },
  ])
  return compare({
    title: `programs started, ${name}`,
    baseline: 'comfypin realize itself',
    metric: 'programs',
    unit: 'count',
    targets: { [counted]: { value: 0 } },
    entrants,
  })
}

async function traceChildren(bench, area) {
  const trace = join(area.dir, 'execve.txt')
  const strace = [bench.tools.strace, '-f', '-qq', '-e', 'trace=execve', '-o', trace]
  const options = { env: area.env, cwd: area.dir }
  await capture([...strace, ...area.command('realize', ID)], options)
  const started = readFileSync(trace, 'utf8').match(/execve\(.*\) += 0$/gm) ?? []
  return started.length - 1
}

async function countUvCalls(bench, area) {
  const wrapper = join(area.dir, basename(bench.tools.uv))
  const calls = join(area.dir, 'uv-calls.txt')
  writeFileSync(wrapper, `#!/bin/sh\necho call >>'${calls}'\nexec '${bench.tools.uv}' "$@"\n`)
  chmodSync(wrapper, 0o755)
  const options = { env: { ...area.env, COMFYPIN_UV: wrapper }, cwd: area.dir }
  await capture(area.command('realize', ID), options)
  return existsSync(calls) ? readFileSync(calls, 'utf8').split('\n').length - 1 : 0
}
