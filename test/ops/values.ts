// Values of operations and of their derivatives, as nested lists of numbers: what the tests of operations compare.

import { vjp } from '../../src/autodiff/vjp.ts'
import { sizeOf } from '../../src/core/shape.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add } from '../../src/ops/arithmetic.ts'
import { arange } from '../../src/ops/creation.ts'
import { castTo } from '../../src/ops/operand.ts'
import { reshape } from '../../src/ops/shaping.ts'
import { readData, tensor } from '../../src/runtime/host.ts'

/** A list of numbers, nested to any depth. */
export type Nested = readonly (number | Nested)[]

/** A float64 tensor. */
export const float64 = (values: Nested): Tensor => tensor(values, { dtype: 'float64' })

/** An int32 tensor. */
export const int32 = (values: Nested): Tensor => tensor(values, { dtype: 'int32' })

/** The elements in row-major order. */
export const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await readData(x))

/** The cotangents of `inputs` for the cotangent 1, 2, 3, ... of the result. */
export function cotangentsOf(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Promise<number[][]> {
  const { output, pullback } = vjp(fn, ...inputs)
  const steps = add(reshape(arange(sizeOf(output.shape)), output.shape), 1)
  return Promise.all(pullback(castTo(steps, output.dtype)).map(valuesOf))
}

/** The first position at which two lists differ by more than a fraction of what is expected, as text; null if there is none. */
export function apart(got: readonly number[], expected: readonly number[], relative: number): string | null {
  if (got.length !== expected.length) return `${got.length} numbers instead of ${expected.length}`
  const at = got.findIndex((value, i) => {
    const wanted = expected[i]!
    return !(Object.is(value, wanted) || value === wanted || Math.abs(value - wanted) <= relative * Math.abs(wanted))
  })
  return at < 0 ? null : `at ${at}: ${got[at]} instead of ${expected[at]}`
}
