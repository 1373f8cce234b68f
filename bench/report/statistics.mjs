// The few numbers that the report is made of.

/** The median; NaN of none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]
  return (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * How many times faster `ours` is than the fastest of `others`: the median over rounds of the ratio within a round, since
 * only what ran next to each other is compared. Each argument is samples/s per round.
 */
export function ratioToBest(ours, others) {
  return median(ours.map((rate, round) => rate / Math.max(...others.map((rates) => rates[round]))))
}
