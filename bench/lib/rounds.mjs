/**
 * Let entrants take turns, A B A B …, after one turn each that does not count.
 * An entrant is `{ name, command, ours?, run(turn) → milliseconds, or metrics by name }`, or
 * `{ name, command, unavailable: reason }`. `repeat` turns make one round, whose value is their median.
 * @returns the entrants with `samples`: one `{ metric: value }` for each round
 */
export async function interleave(bench, entrants, { repeat = 1 } = {}) {
  const taking = entrants.filter(({ run }) => run !== undefined)
  let turn = 0
  const takeTurns = async () => {
    const samples = []
    for (const { run } of taking) samples.push(toMetrics(await run(turn)))
    turn++
    return samples
  }
  await takeTurns()
  const rounds = []
  for (let round = 1; round <= bench.rounds; round++) {
    bench.progress(`  round ${round} of ${bench.rounds}`)
    const turns = []
    for (let count = 0; count < repeat; count++) turns.push(await takeTurns())
    rounds.push(taking.map((_, index) => medians(turns.map((samples) => samples[index]))))
  }
  return entrants.map((entrant) => {
    const index = taking.indexOf(entrant)
    return index === -1 ? entrant : { ...entrant, samples: rounds.map((round) => round[index]) }
  })
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function toMetrics(result) {
  return typeof result === 'number' ? { ms: result } : result
}

function medians(samples) {
  return Object.fromEntries(
    Object.keys(samples[0]).map((metric) => [metric, median(samples.map((one) => one[metric]))]),
  )
}
