// Plain-text tables for a terminal: the lines that appear as results come, and the summary at the end.

import { leastShare } from '../yardsticks/stated.mjs'
import { ratioToBest } from './statistics.mjs'

const columns = [
  ['batch', 6],
  ['engine', -21],
  ['samples/s', 11],
  ['spread', 8],
  ['GFLOP/s', 9],
  ['dispatches', 11],
  ['submits', 9],
  ['loss error', 11],
]

/** The heading of the running table. */
export function heading() {
  return columns.map(([name, width]) => pad(name, width)).join(' ')
}

/** One record as a line of the running table; `spread` is (largest - smallest) / median over the rounds. */
export function line(record) {
  const spread = (Math.max(...record.rounds) - Math.min(...record.rounds)) / record.samplesPerSecond
  const cells = [
    record.batch,
    record.engine,
    number(record.samplesPerSecond),
    `${Math.round(spread * 100)} %`,
    number(record.gflops),
    record.dispatchesPerStep === null ? '' : number(record.dispatchesPerStep),
    record.submitsPerStep === null ? '' : number(record.submitsPerStep),
    record.check.relativeError.toExponential(0),
  ]
  const low = isLow(record) ? `  < ${Math.round(record.statedShare * 100)} % of what is stated` : ''
  return cells.map((cell, index) => pad(String(cell), columns[index][1])).join(' ') + low
}

/** Samples/s per batch size (rows) and engine (columns), with wgrad's ratios; an engine below what is stated has a `!`. */
export function summary(records, engines, rates) {
  const batches = [...new Set(records.map((record) => record.batch))]
  const peers = engines.filter((id) => ['jaxjs-webgpu', 'tfjs-webgpu'].includes(id))
  const ratios = [
    ['webgpu / best peer', 'wgrad-webgpu', peers],
    ['webgpu / hand-written', 'wgrad-webgpu', ['yardstick-webgpu']],
    ['visible / hand-written', 'wgrad-webgpu-visible', ['yardstick-webgpu']],
    ['cpu / tfjs-cpu', 'wgrad-cpu', ['tfjs-cpu']],
  ].filter(([, ours, others]) => engines.includes(ours) && others.some((id) => engines.includes(id)))
  const rows = batches.map((batch) => {
    const cells = engines.map((id) => {
      const record = records.find((candidate) => candidate.batch === batch && candidate.engine === id)
      return record === undefined ? '-' : number(record.samplesPerSecond) + (isLow(record) ? '!' : '')
    })
    return [String(batch), ...cells, ...ratios.map(([, ours, others]) => ratioCell(rates.get(batch), ours, others))]
  })
  const names = ['batch', ...engines, ...ratios.map(([name]) => name)]
  const widths = names.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index].length)))
  return [names, ...rows].map((row) => row.map((cell, index) => cell.padStart(widths[index])).join('  ')).join('\n')
}

/** Lines that say which peers stayed too low for a measurement; none where all is well. */
export function lowLines(records) {
  const low = records.filter(isLow)
  if (low.length === 0) return []
  return [
    'NOT A MEASUREMENT (valid: false): below 70 % of what these reach on a quiet machine (see yardsticks/stated.mjs):',
    ...[...new Set(low.map((record) => record.engine))].map((id) => {
      const batches = low.filter((record) => record.engine === id).map((record) => record.batch)
      return `  ${id} at ${batches.join(', ')}`
    }),
  ]
}

function isLow(record) {
  return record.statedShare !== null && record.statedShare < leastShare
}

function ratioCell(batchRates, ours, others) {
  const measured = others.filter((id) => batchRates.has(id))
  if (!batchRates.has(ours) || measured.length === 0) return '-'
  return ratioToBest(
    batchRates.get(ours),
    measured.map((id) => batchRates.get(id)),
  ).toFixed(2)
}

function number(value) {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

function pad(text, width) {
  return width < 0 ? text.padEnd(-width) : text.padStart(width)
}
