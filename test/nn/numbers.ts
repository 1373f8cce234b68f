// Fixed operands for comparisons with PyTorch: element i is ((a i + b) mod 64 - 32) / scale, which every float holds exactly.

import type { Tensor } from '../../src/ir/tensor.ts'
import { reshape } from '../../src/ops/shaping.ts'
import { readData, tensor } from '../../src/runtime/host.ts'

/** Such numbers as float64 (or another dtype). */
export function numbers(
  shape: readonly number[],
  { a = 37, b = 11, scale = 16, plus = 0, dtype = 'float64' as 'float64' | 'float32' } = {},
): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1)
  const values = Array.from({ length: count }, (_, i) => (((i * a + b) % 64) - 32) / scale + plus)
  return reshape(tensor(values, { dtype }), shape)
}

/** What goldens of 12 digits leave of an error. */
export const ROUNDING = 1e-11

/** The greatest error of an element, absolute below 1 and relative above it; NaN when the sizes differ. */
export async function worstError(actual: Tensor, expected: readonly number[]): Promise<number> {
  const values = await readData(actual)
  if (values.length !== expected.length) return NaN
  return Math.max(...expected.map((value, i) => Math.abs(values[i]! - value) / Math.max(1, Math.abs(value))))
}
