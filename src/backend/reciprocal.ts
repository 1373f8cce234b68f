// Division of integers by constants as a multiplication and a shift, for targets whose vectors cannot divide.

/** `⌊y / odd⌋ = (y · factor) >> shift` for all `0 <= y <= max`, without leaving 32 bits. */
export interface Reciprocal {
  readonly factor: number
  readonly shift: number
}

/**
 * The factor and shift that divide by `by`, or null if 32 bits do not suffice. With `e = factor · by - 2^shift`, the quotient exceeds the
 * true one by `y · e / (by · 2^shift)`, which is harmless below `1 / by` (Granlund and Montgomery, "Division by invariant integers").
 */
export function reciprocalOf(by: number, max: number): Reciprocal | null {
  for (let shift = 0; shift < 32; shift++) {
    const factor = Math.ceil(2 ** shift / by)
    if (factor * max >= 2 ** 32) return null
    if ((factor * by - 2 ** shift) * max < 2 ** shift) return { factor, shift }
  }
  return null
}
