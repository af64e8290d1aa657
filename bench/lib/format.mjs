/** A measured value with its unit. */
export function formatValue(value, unit) {
  switch (unit) {
    case 'ms':
      return value >= 1000 ? `${(value / 1000).toPrecision(3)} s` : `${value.toPrecision(3)} ms`
    case 'bytes':
      return formatBytes(value)
    case 'count':
      return String(value)
    default:
      throw new Error(`no unit ${unit}`)
  }
}

/** @param ratio null, as JSON has it: against nothing */
export function formatRatio(ratio) {
  if (ratio === null) return '–'
  if (ratio < 0.001) return '< 0.001×'
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio >= 0.1 ? ratio.toFixed(2) : ratio.toFixed(3)}×`
}

/** `≤ 1.25×` or `≤ 64 KiB`. */
export function formatTarget({ ratio, value }, unit) {
  return ratio === undefined ? `≤ ${formatValue(value, unit)}` : `≤ ${ratio}×`
}

function formatBytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`
}
