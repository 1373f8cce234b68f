// Times engines against each other at one batch size: rounds in which every engine gets one chunk, in an order that
// rotates, so that a slow minute of the machine hits all of them. What leaves is samples/s per engine and round.

/** Warm-up ends when an engine has run this share of a chunk again; the check has compiled and run everything before. */
const warmUpShare = 0.5

/**
 * Measures `pages` (prepared and checked) at `batchSize`; `checked` are the results of `checkEngines`. Returns a Map from
 * id to samples/s per round, undefined in a round that a slow engine skipped.
 */
export async function measureRounds(pages, checked, batchSize, budget) {
  const plans = []
  for (const [index, page] of pages.entries()) plans.push(await planChunk(page, checked[index].secondsPerStep, budget))
  const rates = new Map(pages.map((page) => [page.id, []]))
  for (let round = 0; round < budget.rounds; round++) {
    for (let turn = 0; turn < plans.length; turn++) {
      const { page, steps, rounds } = plans[(turn + round) % plans.length]
      const skipped = round >= rounds
      const seconds = skipped ? undefined : (await page.time(steps)).seconds
      rates.get(page.id).push(skipped ? undefined : (steps * batchSize) / seconds)
    }
  }
  return rates
}

/** Chooses how many steps fill a chunk. A step longer than a chunk is a chunk; one much longer gets fewer rounds. */
async function planChunk(page, roughSeconds, budget) {
  let secondsPerStep = roughSeconds
  if (roughSeconds < budget.chunkSeconds * warmUpShare) {
    const steps = Math.ceil((budget.chunkSeconds * warmUpShare) / roughSeconds)
    secondsPerStep = (await page.time(steps)).seconds / steps
  }
  const steps = Math.max(1, Math.round(budget.chunkSeconds / secondsPerStep))
  const affordable = Math.floor(budget.slowSeconds / (steps * secondsPerStep))
  return { page, steps, rounds: Math.max(1, Math.min(budget.rounds, affordable)) }
}
