// Matrix products: every engine multiplies the same operands, is checked against float64 at a few hundred elements, and is
// timed in interleaved rounds beside the hand-written kernel. One product is one call, the call's own cost included.

import { measuredRecord, round } from '../report/records.mjs'
import { median } from '../report/statistics.mjs'
import { printTable } from '../report/plain.mjs'
import { markValid } from '../yardsticks/stated.mjs'
import { leaveOut, openEngines } from './browser.mjs'
import { measureRounds } from './measure.mjs'
import { matmulCases } from './plans.mjs'

/** Relative to the sum of the terms' magnitudes: float32 sums of 2048 terms stay a thousand times below in any order. */
const tolerance = 1e-5

const yardstick = 'yardstick-webgpu'

/** Runs all products; keeps their records. */
export async function runMatmul(browser, run, context) {
  const pages = await openEngines(browser, run.engines, (page) => page.call('openMatmul', page.id))
  const records = []
  for (const matmul of matmulCases(context.budget.quick)) {
    const subjects = []
    for (const page of pages) {
      const subject = await checked(page, matmul)
      if (subject !== undefined) subjects.push(subject)
    }
    const rates = await measureRounds(subjects, context.budget)
    const gflop = (2 * matmul.m * matmul.k * matmul.n) / 1e9
    records.push(...markValid(subjects.map((subject) => record(run, matmul, subject, rates, gflop, context))))
  }
  for (const page of pages) await page.close()
  printTable(
    ['product', 'engine', 'GFLOP/s', 'ms', 'of hand-written', 'error', 'valid'],
    records.map((made) => [
      made.batch,
      made.engine,
      made.gflops,
      made.milliseconds,
      made.shareOfYardstick === null ? '' : `${Math.round(made.shareOfYardstick * 100)} %`,
      made.check.relativeError.toExponential(0),
      made.valid ?? '',
    ]),
  )
  await context.keep(records)
}

async function checked(page, matmul) {
  let prepared
  try {
    prepared = await page.call('prepareMatmul', matmul)
  } catch (error) {
    leaveOut(error)
    return undefined
  }
  if (prepared === null) return undefined
  const { error, seconds } = prepared
  if (!(error <= tolerance)) throw new Error(`${page.id}: ${matmul.name} is wrong: relative error ${error}`)
  return { id: page.id, page, error, secondsEach: seconds, time: (repeats) => page.call('timeMatmul', repeats) }
}

function record(run, matmul, { id, page, error }, rates, gflop, context) {
  const perRound = rates.get(id)
  const bound = rates.get(yardstick)
  const share =
    id === yardstick || bound === undefined ? null : median(perRound.map((rate, index) => rate / bound[index]))
  const gflops = median(perRound) * gflop
  return measuredRecord(
    { run, batch: matmul.name, page, value: gflops, context },
    {
      gflops: round(gflops),
      milliseconds: round(1000 / median(perRound)),
      shareOfYardstick: share === null ? null : round(share),
      rounds: perRound.map((rate) => round(rate * gflop)),
      check: { relativeError: Number(error.toPrecision(2)) },
    },
  )
}
