// Plain float64 loops that the references of several primitives share. They know nothing of lowerings.

import { type DType, isFloating } from '../core/dtype.ts'
import { type Shape, sizeOf, stridesOf } from '../core/shape.ts'
import { roundTo } from '../ir/scalar.ts'
import type { ReferenceArray } from '../ir/tensor.ts'

/** Calls `visit` with every coordinate of `shape` in row-major order and its flat index. */
export function eachCoordinate(shape: Shape, visit: (coordinate: readonly number[], flat: number) => void): void {
  const size = sizeOf(shape)
  const coordinate = shape.map(() => 0)
  for (let flat = 0; flat < size; flat++) {
    visit(coordinate, flat)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      coordinate[axis] = coordinate[axis]! + 1
      if (coordinate[axis]! < shape[axis]!) break
      coordinate[axis] = 0
    }
  }
}

/** The element of `array` at a coordinate. */
export function at(array: ReferenceArray, coordinate: readonly number[]): number {
  const strides = stridesOf(array.shape)
  return array.data[coordinate.reduce((flat, c, axis) => flat + c * strides[axis]!, 0)]!
}

/** `fn` of the elements of arrays of one shape. */
export function elementwise(inputs: readonly ReferenceArray[], fn: (...values: number[]) => number): Float64Array {
  return Float64Array.from(inputs[0]!.data, (_, i) => fn(...inputs.map((input) => input.data[i]!)))
}

/** An exact integer result as its dtype holds it (it wraps); floats stay in float64. */
export function roundInteger(dtype: DType, value: number): number {
  return isFloating(dtype) ? value : roundTo(dtype, value)
}

/** `e^(-x²/2)`, without the loss of a rounded square. */
function bell(x: number): number {
  const head = Math.fround(x)
  return Math.abs(x) > 60 ? 0 : Math.exp((-head * head) / 2) * Math.exp((-(x - head) * (x + head)) / 2)
}

/** `2/√π ∫₀ˣ e^(-t²) dt` of a number. */
export function erfOf(x: number): number {
  if (Number.isNaN(x)) return x
  if (Math.abs(x) > 6) return Math.sign(x)
  // 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels
  let term = x
  let total = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}

/** The normal distribution function of a number, right to rounding in its tail. */
export function normalCdfOf(x: number): number {
  const size = Math.abs(x)
  if (!(size > 1)) return (1 + erfOf(x / Math.SQRT2)) / 2
  // Laplace's continued fraction: ∫ from x of e^(-t²/2) = e^(-x²/2) / (x + 1 / (x + 2 / (x + 3 / ...)))
  let rest = 0
  for (let n = 400; n > 0; n--) rest = n / (size + rest)
  const tail = bell(size) / Math.sqrt(2 * Math.PI) / (size + rest)
  return x > 0 ? 1 - tail : tail
}
