import { median } from './rounds.mjs'

/**
 * One comparison as it is stored and shown: every entrant against the baseline, as the median of
 * the ratios of each round.
 * @param entrants of `interleave`
 * @param baseline name of the entrant that is 1.0
 * @param metric which value of the samples counts
 * @param targets `{ ratio }` or `{ value }`, the most that is allowed, by name of the entrant
 */
export function compare({
  title,
  baseline,
  metric = 'ms',
  unit = 'ms',
  note,
  targets = {},
  entrants,
}) {
  const base = valuesOf(
    entrants.find(({ name }) => name === baseline),
    metric,
  )
  return {
    title,
    unit,
    baseline,
    ...(note === undefined ? {} : { note }),
    entries: entrants.map((entrant) =>
      describe(entrant, targets[entrant.name], valuesOf(entrant, metric), base),
    ),
  }
}

/** An entrant that is computed from others, round by round. */
export function derived({ name, command, ours = false }, metric, from, compute) {
  const samples = from[0].samples.map((_, index) => ({
    [metric]: compute(...from.map((entrant) => entrant.samples[index])),
  }))
  return { name, command, ours, samples }
}

/** Whether a measured entry is within its target; null without one. */
export function meetsTarget({ target, ratio, median: value }) {
  if (target === undefined || value === undefined) return null
  return target.ratio === undefined ? value <= target.value : ratio.median <= target.ratio
}

function valuesOf(entrant, metric) {
  return entrant.samples?.map((sample) => sample[metric]) ?? null
}

function describe({ name, command, ours = false, unavailable }, target, values, base) {
  const facts = { name, command, ours, ...(target === undefined ? {} : { target }) }
  if (values === null) return { ...facts, unavailable }
  const ratios = values.map((value, index) => value / base[index])
  return {
    ...facts,
    median: round(median(values)),
    ratio: {
      median: round(median(ratios)),
      low: round(Math.min(...ratios)),
      high: round(Math.max(...ratios)),
    },
  }
}

function round(value) {
  return Number(value.toPrecision(4))
}
