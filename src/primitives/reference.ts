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
