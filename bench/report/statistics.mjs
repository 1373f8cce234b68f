// The few numbers that the report is made of.

/** The median of the defined values; NaN of none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  if (sorted.length === 0) return NaN
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * How many times faster `ours` is than the fastest of `others`: the median over rounds of the ratio within a round, since
 * only what ran next to each other is compared. Each argument is samples/s per round; a round that somebody skipped takes
 * that engine's median instead.
 */
export function ratioToBest(ours, others) {
  const filled = (rates) => rates.map((rate) => rate ?? median(rates))
  const [mine, ...theirs] = [ours, ...others].map(filled)
  return median(mine.map((rate, round) => rate / Math.max(...theirs.map((rates) => rates[round]))))
}
