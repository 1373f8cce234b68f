// Draws throughput against batch size as one SVG: log-log lines, colour tells the library, dash tells the device. The
// style sheet inside follows the reader's light or dark setting, so that one file serves both.

import { writeFile } from 'node:fs/promises'

const size = { width: 860, height: 480, left: 78, right: 170, top: 56, bottom: 58 }
const dashes = { webgpu: '', webgl: '10 3 2 3', wasm: '7 4', cpu: '2 4' }
const markers = { webgpu: 4, webgl: 4, wasm: 3, cpu: 3 }

const style = `
  svg { --surface: #ffffff; --ink: #1d2330; --faint: #6a7282; --grid: #e4e7ec; --wgrad: #1f5fd0; --jaxjs: #c2570c; --tfjs: #0f7d63 }
  @media (prefers-color-scheme: dark) {
    svg { --surface: #14171d; --ink: #e8eaef; --faint: #9aa3b2; --grid: #2a303a; --wgrad: #7aa7ff; --jaxjs: #ff9a52; --tfjs: #4ecfa9 }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink) }
  .title { font-size: 16px; font-weight: 600 }
  .faint { fill: var(--faint) }
  .grid { stroke: var(--grid) }
  .series { fill: none; stroke-width: 2 }
  .wgrad .series { stroke-width: 3 }`

/** Whether a record is drawn: of the MLP, and of the engines that compete. */
export function inChart({ workload, engine }) {
  return workload === 'mlp' && engine !== 'wgrad-webgpu-visible' && engine !== 'yardstick-webgpu'
}

/** The chart of `records` as SVG text. */
export function drawChart(records) {
  const { width, height } = size
  const batches = [...new Set(records.map((record) => record.batch))].sort((a, b) => a - b)
  const rates = records.map((record) => record.samplesPerSecond)
  const x = logScale(batches[0], batches.at(-1), size.left, width - size.right)
  const lowest = 10 ** Math.floor(Math.log10(Math.min(...rates)))
  const highest = 10 ** Math.ceil(Math.log10(Math.max(...rates)))
  const y = logScale(lowest, highest, height - size.bottom, size.top)
  const engines = [...new Set(records.map((record) => record.engine))]
  const adapter = records.find((record) => record.engine.endsWith('-webgpu'))?.adapter ?? 'no WebGPU'
  const caption = `${adapter}, ${records[0].cores} cores, ${records[0].date.slice(0, 10)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Training throughput by batch size">`,
    `<style>${style}\n</style>`,
    `<rect width="${width}" height="${height}" fill="var(--surface)"/>`,
    text(size.left, 26, 'Training throughput of the 784-128-10 MLP, samples/s', 'class="title"'),
    text(size.left, 45, caption, 'class="faint"'),
    ...decades(lowest, highest).map((rate) => horizontal(y(rate), rate)),
    ...batches.map((batch) => text(x(batch), height - size.bottom + 22, batch, 'text-anchor="middle" class="faint"')),
    text((size.left + width - size.right) / 2, height - 14, 'batch size', 'text-anchor="middle" class="faint"'),
    // The first engine is drawn last, so that it lies on top.
    ...engines.toReversed().map((id) =>
      series(
        id,
        records.filter((record) => record.engine === id),
        x,
        y,
      ),
    ),
    ...engines.map((id, index) => legendEntry(id, index)),
    '</svg>\n',
  ].join('\n')
}

/** Writes the chart. */
export async function writeChart(file, svg) {
  await writeFile(file, svg)
}

/** Maps [from, to] to [start, end] by logarithm; a domain of one value goes to the middle. */
function logScale(from, to, start, end) {
  if (from === to) return () => (start + end) / 2
  const span = Math.log(to / from)
  return (value) => Number((start + ((end - start) * Math.log(value / from)) / span).toFixed(1))
}

function decades(lowest, highest) {
  const count = Math.round(Math.log10(highest / lowest)) + 1
  return Array.from({ length: count }, (_, index) => lowest * 10 ** index)
}

function horizontal(at, rate) {
  const label = text(size.left - 10, at + 4, rate.toLocaleString('en'), 'text-anchor="end" class="faint"')
  return `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${at}" y2="${at}"/>${label}`
}

function series(id, records, x, y) {
  const [family, device] = id.split('-')
  const points = records.map((record) => [x(record.batch), y(record.samplesPerSecond)])
  const line = `<polyline class="series" stroke="var(--${family})" stroke-dasharray="${dashes[device]}" points="${points.join(' ')}"/>`
  const dots = points.map(
    ([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="${markers[device]}" fill="var(--${family})"/>`,
  )
  return `<g class="${family}">${line}${dots.join('')}</g>`
}

function legendEntry(id, index) {
  const [family, device] = id.split('-')
  const left = size.width - size.right + 22
  const at = size.top + 14 + index * 24
  const line = `<line class="series" stroke="var(--${family})" stroke-dasharray="${dashes[device]}" x1="${left}" x2="${left + 30}" y1="${at}" y2="${at}"/>`
  const dot = `<circle cx="${left + 15}" cy="${at}" r="${markers[device]}" fill="var(--${family})"/>`
  return `<g class="${family}">${line}${dot}${text(left + 40, at + 4, id)}</g>`
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`
}
