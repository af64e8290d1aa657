import { meetsTarget } from './compare.mjs'
import { formatRatio, formatTarget, formatValue } from './format.mjs'
import { targetedEntries } from './summary.mjs'

/** The page of results as Markdown. */
export function benchmarkPage(results) {
  return `${[
    '# Benchmarks',
    '<!-- Written by `npm run bench` from bench/results.json. Do not edit. -->',
    INTRODUCTION,
    summaryTable(results.rows),
    '![Measured values as multiples of their targets](benchmarks.svg)',
    '## Machine and versions',
    machineTable(results),
    ...results.rows.map(rowSection),
  ].join('\n\n')}\n`
}

const INTRODUCTION = `Every number is a ratio: comfypin and its peers take turns (A B A B …) in one run on one machine, after a turn that does not count. A ratio is the median of the ratios of each round; absolute times are for reading only. Servers are local. \`NODE_EXTRA_CA_CERTS\` is unset, version managers' shims are out of PATH, and nothing is deleted and made again while something is measured.

To measure on your machine: \`npm run bench\`; \`npm run bench -- --help\` names the rows and what the real ComfyUI needs. \`$WORK\` is the run's folder, \`node dist/bin.…\` is \`comfypin\`.`

function summaryTable(rows) {
  return table(
    ['row', 'what', 'measured', 'target', ''],
    targetedEntries(rows).map(({ row, comparison, entry, measured, wanted, met }) => [
      String(row.number),
      `${comparison.title}: ${entry.name}, against ${comparison.baseline}`,
      measured,
      wanted,
      met ? 'met' : '**missed**',
    ]),
  )
}

function machineTable({ machine, tools, rows }) {
  const peers = Object.assign({}, ...rows.map((row) => row.peers))
  return table(
    ['', ''],
    [
      ['processor', `${machine.processor}, ${machine.cores} cores`],
      ['memory', `${machine.memory_gib} GiB`],
      ['virtual machine', { true: 'yes', false: 'no', null: 'unknown' }[machine.virtual]],
      ['system', machine.system],
      ['filesystem', machine.filesystem],
      ...Object.entries({ ...tools, ...peers }),
    ],
  )
}

function rowSection({
  number,
  title,
  method,
  measured,
  version,
  commit,
  rounds,
  load,
  comparisons,
}) {
  const build = commit === null ? version : `${version} (${commit})`
  return [
    `## ${number}. ${title}`,
    `${method}\n\n${rounds} round${rounds === 1 ? '' : 's'}, ${measured}, comfypin ${build}, load ${load} before it.`,
    ...comparisons.flatMap(comparisonSection),
  ].join('\n\n')
}

function comparisonSection({ title, unit, note, entries }) {
  return [
    `**${title}**${note === undefined ? '' : `: ${note}`}`,
    table(
      ['', 'command', 'median', 'ratio', 'low to high', 'target'],
      entries.map((entry) => entryCells(entry, unit)),
    ),
  ]
}

function entryCells(entry, unit) {
  const { name, command, ours, target, median, ratio, unavailable } = entry
  const shown = [ours ? `**${name}**` : name, `\`${command}\``]
  if (median === undefined) return [...shown, `not available here: ${unavailable}`, '', '', '']
  return [
    ...shown,
    formatValue(median, unit),
    formatRatio(ratio.median),
    `${formatRatio(ratio.low)} to ${formatRatio(ratio.high)}`,
    target === undefined
      ? ''
      : `${formatTarget(target, unit)} ${meetsTarget(entry) ? 'met' : '**missed**'}`,
  ]
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
