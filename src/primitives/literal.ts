// Sources of values without operands: scalar literals and coordinates.

import { ShapeError } from '../core/errors.ts'
import type { DType } from '../core/dtype.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { cast, constant } from '../ir/scalar.ts'
import type { Tensor } from '../ir/tensor.ts'
import { broadcast } from './broadcast.ts'
import { eachCoordinate, roundInteger } from './reference.ts'

/** A scalar constant. In eager programs it becomes an argument; in traced ones it is part of the graph. */
export const literal: PrimitiveFunction<{ value: number; dtype: DType }> = definePrimitive({
  name: 'literal',
  differentiable: false,
  shape: (_, { dtype }) => ({ shape: [], dtype }),
  reference: (_, { value, dtype }) => [roundInteger(dtype, value)],
  lower: (_, { value, dtype }) => ({ kind: 'map', element: () => constant(dtype, value) }),
  vjp: () => [],
})

/** The coordinate along `axis` of every element. */
export const iota: PrimitiveFunction<{ shape: Shape; axis: number; dtype: DType }> = definePrimitive({
  name: 'iota',
  differentiable: false,
  shape: (_, { shape, axis, dtype }) => {
    if (axis < 0 || axis >= shape.length)
      throw new ShapeError(`iota: axis ${axis} is out of range for rank ${shape.length}`)
    return { shape, dtype }
  },
  reference: (_, { shape, axis, dtype }) => {
    const data = new Float64Array(sizeOf(shape))
    eachCoordinate(shape, (coordinate, flat) => {
      data[flat] = roundInteger(dtype, coordinate[axis]!)
    })
    return data
  },
  lower: (_, { axis, dtype }) => ({
    kind: 'map',
    element: (_operands, coordinates) => cast(dtype, coordinates[axis]!),
  }),
  vjp: () => [],
})

/** A tensor of one repeated value. */
export function full(shape: Shape, value: number, dtype: DType): Tensor {
  const scalar = literal([], { value, dtype })
  return shape.length === 0 ? scalar : broadcast([scalar], { shape, axes: [] })
}

/** A tensor of one repeated value with the shape and dtype of `like`. */
export function fullLike(like: Tensor, value: number): Tensor {
  return full(like.shape, value, like.dtype)
}

/** The value of a tensor that is a literal, or a literal broadcast; null for any other. */
export function literalValue(tensor: Tensor): number | null {
  const source = tensor.source
  if (source.kind !== 'apply') return null
  if (source.primitive === broadcast.primitive) return literalValue(source.inputs[0]!)
  if (source.primitive !== literal.primitive) return null
  const params = source.params
  return params !== null && typeof params === 'object' && 'value' in params && typeof params.value === 'number'
    ? params.value
    : null
}
