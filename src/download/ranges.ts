/** Bytes from … to, `to` not included. */
export type Range = readonly [from: number, to: number]

/** A copy of sorted, disjoint ranges with one more in it; ranges that touch become one. */
export function addRange(ranges: readonly Range[], [from, to]: Range): Range[] {
  if (from >= to) return [...ranges]
  const before = ranges.filter((range) => range[1] < from)
  const after = ranges.filter((range) => range[0] > to)
  const touched = ranges.slice(before.length, ranges.length - after.length)
  const start = Math.min(from, ...touched.map((range) => range[0]))
  const end = Math.max(to, ...touched.map((range) => range[1]))
  return [...before, [start, end], ...after]
}

/** What of sorted, disjoint ranges is outside of another one. */
export function removeRange(ranges: readonly Range[], [from, to]: Range): Range[] {
  return ranges
    .flatMap(([start, end]): Range[] => [
      [start, Math.min(end, from)],
      [Math.max(start, to), end],
    ])
    .filter(([start, end]) => start < end)
}

/** What is missing of a file of `size` bytes. */
export function gapsOf(ranges: readonly Range[], size: number): Range[] {
  const starts = [0, ...ranges.map((range) => range[1])]
  const ends = [...ranges.map((range) => range[0]), size]
  return starts
    .map((start, index): Range => [start, ends[index] ?? size])
    .filter(([from, to]) => from < to)
}

/** Bytes from the beginning of the file without a gap. */
export function prefixOf(ranges: readonly Range[]): number {
  const [first] = ranges
  return first !== undefined && first[0] === 0 ? first[1] : 0
}

export function totalOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0)
}

/** True for what `addRange` could have made, inside a file of `size` bytes. */
export function areSound(ranges: readonly Range[], size: number): boolean {
  return ranges.every(
    ([from, to], index) => from > (ranges[index - 1]?.[1] ?? -1) && from < to && to <= size,
  )
}
