// Numbers enter, the texts of the page leave: one place decides digits and units, so that figures do not jump about.

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A whole number with thousands separators. */
export function count(value: number): string {
  return WHOLE.format(value)
}

/** A fraction as a percentage with two decimals. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`
}

/** A loss: four decimals while it is small, powers of ten once it has blown up. */
export function loss(value: number): string {
  if (Number.isNaN(value)) return 'not a number'
  if (!Number.isFinite(value)) return 'infinite'
  return Math.abs(value) < 1e4 ? value.toFixed(value < 10 ? 4 : 1) : value.toExponential(1)
}

/** A learning rate without the noise of binary fractions: three significant digits. */
export function rate(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** Seconds of training, as people say them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
