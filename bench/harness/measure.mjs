// Times engines against each other: rounds in which every engine gets one chunk, in an order that rotates, so that a slow
// minute of the machine hits all of them.

/** Warm-up is this share of a chunk, run again before the rounds; the check has compiled and run everything before. */
const warmUpShare = 0.5

/**
 * Measures `subjects`, each `{ id, secondsEach, time }`: `time(n)` does something `n` times and resolves to the seconds it
 * took, `secondsEach` is roughly what one takes. Returns a Map from id to times per second by round: `budget.rounds` of them,
 * or fewer (but one) where they take longer than `budget.roundsSeconds`.
 */
export async function measureRounds(subjects, budget) {
  const plans = []
  for (const subject of subjects) plans.push({ ...subject, times: await chunkTimes(subject, budget) })
  const rates = new Map(subjects.map(({ id }) => [id, []]))
  const start = performance.now()
  for (let round = 0; round < budget.rounds; round++) {
    if (round > 0 && performance.now() - start > budget.roundsSeconds * 1000) break
    for (let turn = 0; turn < plans.length; turn++) {
      const { id, times, time } = plans[(turn + round) % plans.length]
      rates.get(id).push(times / (await time(times)))
    }
  }
  return rates
}

/** How many fill a chunk, from the time that the check took, refined by a warm-up; one where one is longer. */
async function chunkTimes({ secondsEach, time }, { chunkSeconds }) {
  let seconds = secondsEach
  if (seconds < chunkSeconds * warmUpShare) {
    const times = Math.ceil((chunkSeconds * warmUpShare) / seconds)
    seconds = (await time(times)) / times
  }
  return Math.max(1, Math.round(chunkSeconds / seconds))
}
