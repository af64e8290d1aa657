import { meetsTarget } from './compare.mjs'
import { formatRatio, formatTarget, formatValue } from './format.mjs'

/** Every measured entry that has a target, with what a reader wants to know first. */
export function targetedEntries(rows) {
  return rows.flatMap((row) =>
    row.comparisons.flatMap((comparison) =>
      comparison.entries
        .filter(({ target, median }) => target !== undefined && median !== undefined)
        .map((entry) => ({
          row,
          comparison,
          entry,
          measured: measuredText(entry, comparison.unit),
          wanted: formatTarget(entry.target, comparison.unit),
          met: meetsTarget(entry),
        })),
    ),
  )
}

/** Lines for the terminal. */
export function summaryLines(rows) {
  return targetedEntries(rows).map(
    ({ row, comparison, entry, measured, wanted, met }) =>
      `${met ? 'met   ' : 'missed'}  ${measured.padStart(9)}  ${wanted.padEnd(10)}  ${row.number} ${comparison.title}: ${entry.name}`,
  )
}

function measuredText({ target, ratio, median }, unit) {
  return target.ratio === undefined ? formatValue(median, unit) : formatRatio(ratio.median)
}
