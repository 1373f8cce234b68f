// Numbers in, the words of the command line's reports out. The same in every locale.

/** `60000` as `60,000`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Four decimals; in powers of ten when those would not show it. */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return String(loss)
  return loss !== 0 && (Math.abs(loss) < 1e-4 || Math.abs(loss) >= 1e4) ? loss.toExponential(2) : loss.toFixed(4)
}

/** `0.9712` as `97.12%`. */
export function formatPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)}%`
}

/** `formatCount` above ten samples per second, one decimal below. */
export function formatSpeed(samplesPerSecond: number): string {
  return `${samplesPerSecond >= 10 ? formatCount(samplesPerSecond) : samplesPerSecond.toFixed(1)} samples/s`
}

/** Seconds as `0:12` or `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}
