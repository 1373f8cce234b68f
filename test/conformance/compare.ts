// The strict comparison of every conformance test: shape and dtype must match, NaN equals only NaN, an infinity only itself,
// integers and bool are exact; floats may differ by a documented tolerance.

import { formatAval, sameAval } from '../../src/core/aval.ts'
import { isFloating } from '../../src/core/dtype.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import type { ReferenceArray } from '../../src/ir/tensor.ts'

/** Allowed is `relative · |expected| + ofGreatest · max |expected| + absolute`. */
export interface Tolerance {
  readonly relative: number
  readonly ofGreatest: number
  readonly absolute: number
}

/** What float32 arithmetic owes. */
export const FLOAT32: Tolerance = { relative: 1e-5, ofGreatest: 1e-6, absolute: 0 }

/** What float64 arithmetic owes; only its summation order may differ from the reference's. */
export const FLOAT64: Tolerance = { relative: 1e-13, ofGreatest: 1e-13, absolute: 0 }

/** The least normal float32. */
const SMALLEST = 2 ** -126

/** What is wrong with `got`, or null. Values that leave float32's range are expected to be infinite. */
export function differenceOf(got: HostArray, expected: ReferenceArray, tolerance: Tolerance = FLOAT32): string | null {
  if (!sameAval(got, expected) || got.data.length !== expected.data.length) {
    return `got ${formatAval(got)} of ${got.data.length} elements, expected ${formatAval(expected)} of ${expected.data.length}`
  }
  const float = isFloating(expected.dtype)
  const allowed = expected.dtype === 'float64' && tolerance === FLOAT32 ? FLOAT64 : tolerance
  const greatest = expected.data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  )
  let worst: { i: number; excess: number } | null = null
  let wrong = 0
  for (let i = 0; i < got.data.length; i++) {
    const value = got.data[i]!
    const exact = expected.data[i]!
    const target = expected.dtype === 'float32' && !Number.isFinite(Math.fround(exact)) ? Math.fround(exact) : exact
    // a device may flush what is below the normal range to 0
    const limit =
      float && Number.isFinite(target)
        ? allowed.relative * Math.abs(target) +
          allowed.ofGreatest * greatest +
          allowed.absolute +
          (expected.dtype === 'float32' ? SMALLEST : 0)
        : 0
    if (value === target || (Number.isNaN(value) && Number.isNaN(target))) continue
    const excess = Math.abs(value - target)
    if (Number.isFinite(value) && Number.isFinite(target) && excess <= limit) continue
    wrong++
    if (worst === null || excess > worst.excess || Number.isNaN(excess)) worst = { i, excess }
  }
  if (worst === null) return null
  const { i, excess } = worst
  return `${wrong} of ${got.data.length} elements differ, most at ${i}: got ${got.data[i]}, expected ${expected.data[i]} (${excess.toPrecision(3)} apart)`
}
