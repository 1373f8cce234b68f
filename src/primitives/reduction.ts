// What reductions over axes have in common: their shape rule, their float64 reference and their lowering.

import type { Aval } from '../core/aval.ts'
import type { DType } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, otherAxes, type Shape, sizeOf } from '../core/shape.ts'
import type { ReduceLowering } from '../ir/lowering.ts'
import type { PrimitiveFunction } from '../ir/primitive.ts'
import type { Combine, Scalar } from '../ir/scalar.ts'
import type { ReferenceArray, Tensor } from '../ir/tensor.ts'
import { eachCoordinate } from './reference.ts'
import { reshape } from './structural.ts'

/** The parameter of a reduction: sorted, distinct, non-negative axes. */
export interface Axes {
  readonly [key: string]: readonly number[]
  readonly axes: readonly number[]
}

/** The shape without `axes`. */
export const keptShape = (shape: Shape, axes: readonly number[]): number[] =>
  otherAxes(shape, axes).map((axis) => shape[axis]!)

/** @throws ShapeError for axes out of range or empty where that has no value; DTypeError for bool and uint8. */
export function reduceShape(name: string, x: Aval, axes: readonly number[], dtype: DType, emptyAllowed: boolean): Aval {
  if (axes.some((axis) => axis < 0 || axis >= x.shape.length)) {
    throw new ShapeError(`${name}: axes [${axes}] are out of range for ${formatShape(x.shape)}`)
  }
  if (x.dtype === 'bool' || x.dtype === 'uint8')
    throw new DTypeError(`${name}: takes numbers, not ${x.dtype}; cast to int32 or float32 first`)
  if (!emptyAllowed && axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(`${name}: there is no extreme over an empty axis of ${formatShape(x.shape)}`)
  }
  return { shape: keptShape(x.shape, axes), dtype }
}

/** `pick` of the elements of every group, in row-major order. */
export function reduceReference(
  x: ReferenceArray,
  axes: readonly number[],
  pick: (values: readonly number[]) => number,
): Float64Array {
  const kept = otherAxes(x.shape, axes)
  const groups = Array.from({ length: sizeOf(keptShape(x.shape, axes)) }, (): number[] => [])
  eachCoordinate(x.shape, (coordinate, flat) => {
    const group = kept.reduce((index, axis) => index * x.shape[axis]! + coordinate[axis]!, 0)
    groups[group]!.push(x.data[flat]!)
  })
  return Float64Array.from(groups, pick)
}

/** The lowering that combines operand 0 over `axes`. */
export function reduceLowering(x: Aval, axes: readonly number[], combine: Combine): ReduceLowering {
  const kept = otherAxes(x.shape, axes)
  return {
    kind: 'reduce',
    combine,
    extents: axes.map((axis) => x.shape[axis]!),
    element: (coordinates, inner, read) => {
      const full: Scalar[] = []
      kept.forEach((axis, i) => (full[axis] = coordinates[i]!))
      axes.forEach((axis, i) => (full[axis] = inner[i]!))
      return read(0, full)
    },
  }
}

/** The same values with fewer elements to combine, where one element alone is the result: axes of extent 1 are dropped. Null if there are none. */
export function withoutSingles(x: Tensor, axes: readonly number[], reduce: PrimitiveFunction<Axes>): Tensor | null {
  if (axes.length === 0) return x
  const singles = axes.filter((axis) => x.shape[axis] === 1)
  if (singles.length === 0) return null
  const dropped = reshape([x], { shape: keptShape(x.shape, singles) })
  const others = axes.filter((axis) => !singles.includes(axis))
  if (others.length === 0) return dropped
  return reduce([dropped], { axes: others.map((axis) => axis - singles.filter((single) => single < axis).length) })
}
