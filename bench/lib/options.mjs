import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** @throws Error with a line for the user */
export function readOptions(argv, rows) {
  const { values } = parseArgs({
    args: argv,
    options: {
      rows: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      comfyui: { type: 'string' },
      'comfyui-ref': { type: 'string' },
      'comfyui-packages': { type: 'string', default: '' },
      'no-build': { type: 'boolean', default: false },
      draft: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return {
    rows: readRows(values.rows, rows),
    rounds: readRounds(values.rounds),
    comfyui: readComfyui(values),
    build: !values['no-build'],
    draft: values.draft,
    report: values.report,
    help: values.help,
  }
}

export function usage(rows) {
  return `npm run bench -- [options]
  --rows 1,2                    only these rows
  --rounds 5                    rounds per comparison, one more is run to warm up
  --comfyui URL|PATH            measure the real ComfyUI of this repository too (rows 3, 5, 22, 23)
  --comfyui-ref REF             its branch, tag or commit; default: the default branch
  --comfyui-packages "A B"      Python packages to add to it, such as "torch==2.13.0"
  --no-build                    measure dist/ as it is
  --draft                       write results and page to bench/.work/draft instead
  --report                      measure nothing; write docs/benchmarks.* from bench/results.json

rows:
${rows.map(({ number, title }) => `  ${String(number).padStart(2)}  ${title}`).join('\n')}`
}

function readRows(text, rows) {
  const known = rows.map(({ number }) => number)
  if (text === undefined) return known
  const wanted = text.split(',').map(Number)
  const unknown = wanted.filter((number) => !known.includes(number))
  if (unknown.length === 0) return wanted
  throw new Error(`no row ${unknown.join(', ')}; there are ${known.join(', ')}`)
}

function readRounds(text) {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0) return rounds
  throw new Error(`--rounds must be a positive number, not "${text}"`)
}

function readComfyui({ comfyui, 'comfyui-ref': ref, 'comfyui-packages': packages }) {
  if (comfyui === undefined) return null
  return {
    repo: existsSync(comfyui) ? resolve(comfyui) : comfyui,
    ref: ref ?? null,
    packages: packages.split(/\s+/).filter((name) => name !== ''),
  }
}
