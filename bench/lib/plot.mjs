import { targetedEntries } from './summary.mjs'

const WIDTH = 900
const LABELS = 410
const RIGHT = 120
const TOP = 66
const LINE = 24
const BOTTOM = 36

/**
 * A plot of every measured value as a multiple of its target, on a logarithmic axis: left of the
 * line is within the target. Written by hand as SVG; colours follow the reader's scheme.
 */
export function benchmarkPlot({ rows }) {
  const entries = targetedEntries(rows).map(toMarks)
  const axis = createAxis(entries)
  const height = TOP + entries.length * LINE + BOTTOM
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">Benchmarks of comfypin as multiples of their targets</title>
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
<text class="head" x="16" y="26">Measured ÷ target, logarithmic: left of the line is within the target; marks at an end lie beyond it</text>
${legend()}
${grid(axis, height)}
${entries.map((entry, index) => entryMarks(entry, TOP + (index + 0.5) * LINE, axis)).join('\n')}
</svg>
`
}

const STYLE = `
text{font:13px system-ui,sans-serif;fill:#1f2328}
.head{font-weight:600}.small{font-size:11px}
.paper{fill:#fff;stroke:#d1d9e0}
.grid{stroke:#d1d9e0}.target{stroke:#1f2328;stroke-width:1.5}
.met{fill:#1a7f37;stroke:#1a7f37}.missed{fill:#cf222e;stroke:#cf222e}
.peer{fill:none;stroke:#818b98;stroke-width:1.5}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.paper{fill:#0d1117;stroke:#3d444d}.grid{stroke:#3d444d}
.target{stroke:#e6edf3}.met{fill:#3fb950;stroke:#3fb950}.missed{fill:#f85149;stroke:#f85149}
.peer{stroke:#9198a1}}
`

/** Positions as multiples of the target: the value, its range, and the other programs'. */
function toMarks({ row, comparison, entry, measured, wanted, met }) {
  const { target, ratio, median } = entry
  const multiple =
    target.ratio === undefined
      ? (other) => other.median / Math.max(target.value, 1)
      : (other) => other.ratio.median / target.ratio
  return {
    label: `${row.number}  ${comparison.title}: ${entry.name}`,
    text: `${measured} (${wanted})`,
    met,
    value: target.ratio === undefined ? median / Math.max(target.value, 1) : multiple(entry),
    range:
      target.ratio === undefined ? null : [ratio.low, ratio.high].map((end) => end / target.ratio),
    peers: comparison.entries
      .filter((other) => !other.ours && other.median !== undefined)
      .map((other) => ({ name: other.name, value: multiple(other) })),
  }
}

/** Whole decades: one below the target, above it as many as are used, at most two. */
function createAxis(entries) {
  const values = entries.flatMap(({ value, peers }) => [value, ...peers.map((peer) => peer.value)])
  const low = -1
  const high = clamp(Math.ceil(Math.log10(Math.max(...values))), 1, 2)
  const width = WIDTH - LABELS - RIGHT
  const at = (value) => {
    const exponent = clamp(value > 0 ? Math.log10(value) : low, low, high)
    return LABELS + ((exponent - low) / (high - low)) * width
  }
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
  return { at, ticks }
}

function legend() {
  const y = 46
  return `<circle class="met" cx="20" cy="${y - 4}" r="4"/><text class="small" x="30" y="${y}">comfypin, within the target</text>
<circle class="missed" cx="190" cy="${y - 4}" r="4"/><text class="small" x="200" y="${y}">comfypin, beyond it</text>
<circle class="peer" cx="318" cy="${y - 4}" r="3.5"/><text class="small" x="328" y="${y}">others in the same comparison</text>`
}

function grid({ at, ticks }, height) {
  const bottom = height - BOTTOM + 6
  const lines = ticks.map((tick) => {
    const x = at(tick).toFixed(1)
    const kind = tick === 1 ? 'target' : 'grid'
    const label = tick === 1 ? 'target' : `${tick >= 1 ? tick : Number(tick.toPrecision(1))}×`
    return `<line class="${kind}" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${bottom}"/><text class="small" x="${x}" y="${bottom + 16}" text-anchor="middle">${label}</text>`
  })
  return lines.join('\n')
}

function entryMarks({ label, text, met, value, range, peers }, y, { at }) {
  const kind = met ? 'met' : 'missed'
  const x = at(value).toFixed(1)
  const others = peers.map(
    (peer) =>
      `<circle class="peer" cx="${at(peer.value).toFixed(1)}" cy="${y}" r="3.5"><title>${escape(peer.name)}</title></circle>`,
  )
  const whisker =
    range === null
      ? ''
      : `<line class="${kind}" x1="${at(range[0]).toFixed(1)}" x2="${at(range[1]).toFixed(1)}" y1="${y}" y2="${y}"/>`
  return `<text class="small" x="16" y="${y + 4}">${escape(label)}</text>${others.join('')}${whisker}<circle class="${kind}" cx="${x}" cy="${y}" r="4.5"/><text class="small" x="${WIDTH - 14}" y="${y + 4}" text-anchor="end">${escape(text)}</text>`
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high)
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
