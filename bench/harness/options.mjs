// The command line of the benchmark: arguments enter, a checked plain object leaves. A wrong argument throws one line.

import { parseArgs } from 'node:util'
import { engineIds, plans } from './plans.mjs'

const workloadNames = Object.keys(plans)

export const usage = `Usage: npm run bench -- [options]
  --workload a,b      of ${workloadNames.join(', ')}; or all (default: mlp)
  --quick             fewer and shorter rounds: mlp takes at most 6 minutes on two cores
  --engines a,b       of ${engineIds.join(', ')}
                      (default: those that make sense for the workload)
  --batches 1,8       divisors of the number of samples: 16384 (mlp, mlp-large), 4096 (cnn), 512 (transformer)
  --rounds N          timed rounds of each engine at each batch size (default: 7, quick: 3; mnist: 5 and 1)
  --samples N         mnist: the first N training samples (default: 60000)
  --data-dir DIR      mnist: a folder with MNIST's four files (default: generated digits)
  --steps N           memory: steps of the MLP; the CNN takes a tenth (default: 10000)
  --json FILE         write one JSON object per measurement and line
  --svg FILE          draw the throughput of mlp against batch size
  --help`

/**
 * How long things take: `chunkSeconds` is what is timed at once, `roundsSeconds` the time after which a batch size starts no
 * further round, `checkSamples` the samples beyond which its check takes fewer steps, `totalSeconds` the time after
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
      workload: { type: 'string', default: 'mlp' },
      quick: { type: 'boolean', default: false },
      engines: { type: 'string' },
      batches: { type: 'string' },
      rounds: { type: 'string' },
      samples: { type: 'string', default: '60000' },
      'data-dir': { type: 'string' },
      steps: { type: 'string', default: '10000' },
      json: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const budget = { quick: values.quick, ...(values.quick ? budgets.quick : budgets.full) }
  const rounds = values.rounds === undefined ? undefined : positiveInteger('--rounds', values.rounds)
  if (rounds !== undefined) budget.rounds = rounds
  const names = values.workload === 'all' ? workloadNames : listOf('--workload', values.workload, workloadNames)
  const engines = values.engines === undefined ? undefined : listOf('--engines', values.engines, engineIds)
  const batches = values.batches?.split(',').map((text) => positiveInteger('--batches', text))
  return {
    help: values.help,
    json: values.json,
    svg: values.svg,
    dataDir: values['data-dir'],
    samples: positiveInteger('--samples', values.samples),
    steps: positiveInteger('--steps', values.steps),
    budget,
    rounds,
    runs: names.map((name) => planned(name, values.quick, engines, batches)),
  }
}

/** The plan of a workload with what the command line changes of it. */
function planned(name, quick, engines, batches) {
  const plan = plans[name]
  // what is hand-written exists for some workloads only, and device memory on devices only
  const possible = (engines ?? []).filter((id) =>
    plan.kind === 'memory' ? id.includes('-webgpu') : id !== 'yardstick-webgpu' || plan.engines.includes(id),
  )
  const usual = (quick ? plan.quickEngines : undefined) ?? plan.engines
  const run = {
    ...plan,
    name,
    engines: engineIds.filter((id) => (engines === undefined ? usual : possible).includes(id)),
  }
  if (plan.kind !== 'training' || batches === undefined) return run
  const wrong = batches.find((size) => plan.count % size !== 0)
  if (wrong !== undefined) {
    throw new Error(`--batches: ${wrong} does not divide ${plan.count}, the number of samples of ${name}`)
  }
  return { ...run, batches }
}

function listOf(option, text, known) {
  const wanted = text.split(',')
  const unknown = wanted.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`${option}: unknown ${unknown.join(', ')}; expected of ${known.join(', ')}`)
  return known.filter((name) => wanted.includes(name))
}

function positiveInteger(option, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option}: expected a positive whole number, got ${text}`)
  return Number(text)
}
