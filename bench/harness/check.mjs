// Nothing is timed before it is right: all engines train the same steps from the same weights, and their losses must
// agree with a float64 reference, or where there is none with each other. On the way each engine is warmed up, and its
// dispatches and submits are counted.

import { median } from '../report/statistics.mjs'
import { leaveOut } from './browser.mjs'

/** Below this loss the tolerance is absolute: a loss near 0 is a difference of two large logs. */
const smallLoss = 0.1

/** The steps of the check at a batch size: the plan's, or what fits in the budget, but at least 1. */
export function checkSteps({ steps }, batchSize, budget) {
  return Math.min(steps, budget.checkSteps ?? Infinity, Math.max(1, Math.floor(budget.checkSamples / batchSize)))
}

/**
 * Trains every page `steps + 1` steps at `batchSize`: the last loss is that of a batch not yet trained on, after `steps`
 * updates. Returns per engine `{ page, loss, relativeError, secondsPerStep, dispatchesPerStep, submitsPerStep, flops }`; one
 * that cannot train at all is left out. Throws one error that names every engine which disagrees with `reference` (itself a
 * page), or without one with the median of the engines.
 */
export async function checkEngines(pages, reference, batchSize, steps, tolerance) {
  const trained = []
  for (const page of pages) {
    try {
      trained.push(await trainEngine(page, batchSize, steps))
    } catch (error) {
      leaveOut(error)
    }
  }
  const expected = await expectedLosses(trained, reference, batchSize, steps)
  const results = trained.map(({ losses, ...result }) => ({
    ...result,
    losses,
    relativeError: Math.max(...losses.map((loss, n) => relativeError(loss, expected[n]))),
  }))
  // NaN is not within any tolerance.
  const wrong = results.filter((result) => !(result.relativeError <= tolerance))
  if (wrong.length > 0) {
    const lines = wrong.map(
      ({ page, losses, relativeError: error }) =>
        `${page.id}: first loss ${losses[0]} (expected ${expected[0]}), after ${steps} steps ${losses[1]} ` +
        `(expected ${expected[1]}): relative error ${error.toExponential(1)} > ${tolerance}`,
    )
    throw new Error(`batch ${batchSize}: losses disagree, nothing is timed\n  ${lines.join('\n  ')}`)
  }
  return results
}

async function trainEngine(page, batchSize, steps) {
  const flops = await page.call('prepare', batchSize)
  const first = await page.call('train', 1)
  const rest = await page.call('train', steps)
  return {
    page,
    flops,
    losses: [first.loss, rest.loss],
    loss: rest.loss,
    secondsPerStep: rest.seconds / steps,
    dispatchesPerStep: rest.dispatches / steps,
    submitsPerStep: rest.submits / steps,
  }
}

/** The first loss and the one after `steps` updates. */
async function expectedLosses(trained, reference, batchSize, steps) {
  if (reference === undefined) return [0, 1].map((n) => median(trained.map(({ losses }) => losses[n])))
  await reference.call('prepare', batchSize)
  const expected = [await reference.call('train', 1), await reference.call('train', steps)]
  await reference.call('close')
  return expected.map(({ loss }) => loss)
}

function relativeError(loss, expected) {
  return Math.abs(loss - expected) / Math.max(Math.abs(expected), smallLoss)
}
