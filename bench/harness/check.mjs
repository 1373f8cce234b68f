// Nothing is timed before it is right: all engines train the same steps from the same weights, and their losses must
// agree with a float64 reference. On the way each engine is warmed up, and its dispatches and submits are counted.

/**
 * The largest relative difference from the reference. float32 engines that sum in different orders differ by about 1e-6
 * after 20 steps; 1e-4 leaves room for devices whose exp and log are approximate, and is still far below what a wrong
 * gradient, a dropped bias or a batch read twice does to the loss (1e-2 and more).
 */
export const lossTolerance = 1e-4

/** Below this loss the tolerance is absolute: a loss near 0 is a difference of two large logs. */
const smallLoss = 0.1

/** The steps of the check at a batch size: 20, or what fits in the budget, but at least 1. */
export function checkSteps(batchSize, budget) {
  return Math.min(20, Math.max(1, Math.floor(budget.checkSamples / batchSize)))
}

/**
 * Trains every page `steps + 1` steps at `batchSize`: the last loss is that of a batch not yet trained on, after `steps`
 * updates. Returns per engine `{ id, loss, relativeError, secondsPerStep, dispatchesPerStep, submitsPerStep, flops }`.
 * Throws one error that names every engine which disagrees with `reference` (itself a page).
 */
export async function checkEngines(pages, reference, batchSize, steps) {
  await reference.prepare(batchSize)
  const expected = [await reference.train(1), await reference.train(steps)].map(({ loss }) => loss)
  await reference.close()
  const results = []
  const wrong = []
  for (const page of pages) {
    const flops = await page.prepare(batchSize)
    const first = await page.train(1)
    const rest = await page.train(steps)
    const errors = [first.loss, rest.loss].map((loss, n) => relativeError(loss, expected[n]))
    const relative = Math.max(...errors)
    // NaN is not within any tolerance.
    if (!(relative <= lossTolerance)) {
      wrong.push(
        `${page.id}: first loss ${first.loss} (expected ${expected[0]}), after ${steps} steps ${rest.loss} ` +
          `(expected ${expected[1]}): relative error ${relative.toExponential(1)} > ${lossTolerance}`,
      )
    }
    results.push({
      id: page.id,
      flops,
      loss: rest.loss,
      relativeError: relative,
      secondsPerStep: rest.seconds / steps,
      dispatchesPerStep: rest.dispatches / steps,
      submitsPerStep: rest.submits / steps,
    })
  }
  if (wrong.length > 0)
    throw new Error(`batch ${batchSize}: losses disagree, nothing is timed\n  ${wrong.join('\n  ')}`)
  return results
}

function relativeError(loss, expected) {
  return Math.abs(loss - expected) / Math.max(Math.abs(expected), smallLoss)
}
