// The command line of the benchmark: arguments enter, a checked plain object leaves. A wrong argument throws one line.

import { parseArgs } from 'node:util'

/** Every engine that can be measured, in the order of the tables. */
export const engineIds = [
  'wgrad-webgpu',
  'wgrad-cpu',
  'jaxjs-webgpu',
  'tfjs-webgpu',
  'jaxjs-wasm',
  'tfjs-wasm',
  'tfjs-cpu',
]

export const usage = `Usage: npm run bench -- [options]
  --quick             fewer and shorter rounds: at most 6 minutes on two cores
  --engines a,b       of ${engineIds.join(', ')} (default: all)
  --batches 1,8       divisors of 16384 (default: 1,8,32,128,512,2048,8192)
  --rounds N          timed rounds of each engine at each batch size (default: 7, quick: 3)
  --json FILE         write one JSON object per measurement and line
  --svg FILE          draw throughput against batch size
  --help`

/**
 * How long things take: `chunkSeconds` is what is timed at once, `roundsSeconds` the time after which a batch size starts no
 * further round, `checkSamples` the samples beyond which its check takes fewer than 20 steps, `totalSeconds` the time after
 * which no further batch size is begun: a quiet machine needs less, and what a busy one measures is worth nothing.
 */
const budgets = {
  full: { rounds: 7, chunkSeconds: 1, roundsSeconds: 300, checkSamples: Infinity, totalSeconds: Infinity },
  quick: { rounds: 3, chunkSeconds: 0.4, roundsSeconds: 25, checkSamples: 10_240, totalSeconds: 280 },
}

/** Parses `argv` (without node and script). */
export function parseOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      engines: { type: 'string', default: engineIds.join(',') },
      batches: { type: 'string', default: '1,8,32,128,512,2048,8192' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const budget = { quick: values.quick, ...(values.quick ? budgets.quick : budgets.full) }
  if (values.rounds !== undefined) budget.rounds = positiveInteger('--rounds', values.rounds)
  const wanted = values.engines.split(',')
  const unknown = wanted.filter((id) => !engineIds.includes(id))
  if (unknown.length > 0)
    throw new Error(`--engines: unknown ${unknown.join(', ')}; expected of ${engineIds.join(', ')}`)
  return {
    help: values.help,
    json: values.json,
    svg: values.svg,
    engines: engineIds.filter((id) => wanted.includes(id)),
    batches: values.batches.split(',').map((text) => batchSize(text)),
    budget,
  }
}

function batchSize(text) {
  const size = positiveInteger('--batches', text)
  if (16384 % size !== 0) throw new Error(`--batches: ${size} does not divide 16384, the number of samples`)
  return size
}

function positiveInteger(option, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option}: expected a positive whole number, got ${text}`)
  return Number(text)
}
