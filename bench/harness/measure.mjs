// Times engines against each other at one batch size: rounds in which every engine gets one chunk, in an order that
// rotates, so that a slow minute of the machine hits all of them. What leaves is samples/s per engine and round.

/** Warm-up is this share of a chunk, run again before the rounds; the check has compiled and run everything before. */
const warmUpShare = 0.5

/**
 * Measures `pages` (prepared and checked) at `batchSize`; `checked` are the results of `checkEngines`. Returns a Map from
 * id to samples/s per round: `budget.rounds` of them, or fewer (but one) where they take longer than `budget.roundsSeconds`.
 */
export async function measureRounds(pages, checked, batchSize, budget) {
  const plans = []
  for (const [index, page] of pages.entries()) {
    plans.push({ page, steps: await chunkSteps(page, checked[index].secondsPerStep, budget) })
  }
  const rates = new Map(pages.map((page) => [page.id, []]))
  const start = performance.now()
  for (let round = 0; round < budget.rounds; round++) {
    if (round > 0 && performance.now() - start > budget.roundsSeconds * 1000) break
    for (let turn = 0; turn < plans.length; turn++) {
      const { page, steps } = plans[(turn + round) % plans.length]
      const { seconds } = await page.time(steps)
      rates.get(page.id).push((steps * batchSize) / seconds)
    }
  }
  return rates
}

/** How many steps fill a chunk, from the time that the check took, refined by a warm-up; one step where a step is longer. */
async function chunkSteps(page, roughSeconds, { chunkSeconds }) {
  let secondsPerStep = roughSeconds
  if (roughSeconds < chunkSeconds * warmUpShare) {
    const steps = Math.ceil((chunkSeconds * warmUpShare) / roughSeconds)
    secondsPerStep = (await page.time(steps)).seconds / steps
  }
  return Math.max(1, Math.round(chunkSeconds / secondsPerStep))
}
