// Figures as text, the same in every locale, and columns of them.

/** Bytes with three digits: `812 B`, `407 kB`, `47.2 MB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : formatQuantity(bytes, 'B')
}

/** Three digits and a decimal prefix: `formatQuantity(4.31e9, 'FLOP/s')` is `4.31 GFLOP/s`. */
export function formatQuantity(value: number, unit: string): string {
  if (!(value > 0) || !Number.isFinite(value)) return `0 ${unit}`
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P']
  const step = Math.max(0, Math.min(prefixes.length - 1, Math.floor(Math.log10(value) / 3 + 1e-9)))
  return `${formatDigits(value / 1000 ** step)} ${prefixes[step]}${unit}`
}

/** Three digits without an exponent where the value is between 0.001 and 1000. */
export function formatDigits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  if (value >= 10) return value.toFixed(1)
  if (value >= 1) return value.toFixed(2)
  return value === 0 ? '0' : value.toPrecision(2)
}

/** `0.123` as `12.3 %`. */
export function formatPercentage(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}

/** Milliseconds with three digits, in the unit that suits them. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1) return `${formatDigits(milliseconds * 1000)} µs`
  return milliseconds < 1000 ? `${formatDigits(milliseconds)} ms` : `${formatDigits(milliseconds / 1000)} s`
}

/** Rows under their titles, in columns as wide as needed. */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'right')[],
): string {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (align[i] === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [titles, ...rows].map(line).join('\n')
}
