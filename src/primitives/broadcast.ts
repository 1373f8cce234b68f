// Broadcast and sum: each is the other's derivative.

import { ShapeError } from '../core/errors.ts'
import { checkShape, formatShape, otherAxes, sameShape, type Shape, sizeOf } from '../core/shape.ts'
import { integer } from '../ir/indexMap.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import type { Tensor } from '../ir/tensor.ts'
import { at, eachCoordinate, roundInteger } from './reference.ts'
import { type Axes, reduceLowering, reduceReference, reduceShape, withoutSingles } from './reduction.ts'
import { reshape } from './structural.ts'

/** Repeats elements: input axis `i` becomes output axis `axes[i]`; extents of 1 stretch; other output axes are new. */
export const broadcast: PrimitiveFunction<{ shape: Shape; axes: readonly number[] }> = definePrimitive({
  name: 'broadcast',
  shape: ([x], { shape, axes }) => {
    checkShape('broadcast', shape)
    const increasing = axes.every((axis, i) => i === 0 || axis > axes[i - 1]!)
    const ok =
      increasing &&
      axes.length === x!.shape.length &&
      x!.shape.every((extent, i) => extent === 1 || extent === shape[axes[i]!])
    if (!ok)
      throw new ShapeError(`broadcast: ${formatShape(x!.shape)} does not fit ${formatShape(shape)} at axes [${axes}]`)
    return { shape, dtype: x!.dtype }
  },
  reference: ([x], { shape, axes }) => {
    const data = new Float64Array(sizeOf(shape))
    eachCoordinate(shape, (coordinate, flat) => {
      data[flat] = at(x!, x!.shape.map((extent, i) => (extent === 1 ? 0 : coordinate[axes[i]!]!))) // prettier-ignore
    })
    return data
  },
  lower: ([x], { axes }) => ({
    kind: 'view',
    element: (coordinates, read) => read(0, x!.shape.map((extent, i) => (extent === 1 ? integer(0) : coordinates[axes[i]!]!))), // prettier-ignore
  }),
  vjp: ({ inputs, params, cotangent }) => {
    const x = inputs[0]!
    const repeated = params.shape
      .map((_, axis) => axis)
      .filter((axis) => {
        const from = params.axes.indexOf(axis)
        return from < 0 || (x.shape[from] === 1 && params.shape[axis] !== 1)
      })
    const summed = repeated.length === 0 ? cotangent : sum([cotangent], { axes: repeated })
    return [reshape([summed], { shape: x.shape })]
  },
  rewrite: ([x], { shape }) => (sameShape(x!.shape, shape) ? x! : null),
})

/** Puts reduced axes back by repetition. */
export function unreduce(reduced: Tensor, like: Tensor, axes: readonly number[]): Tensor {
  return broadcast([reduced], { shape: like.shape, axes: otherAxes(like.shape, axes) })
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Sum over `axes`; 0 over an empty axis. */
export const sum: PrimitiveFunction<Axes> = definePrimitive({
  name: 'sum',
  shape: ([x], { axes }) => reduceShape('sum', x!, axes, x!.dtype, true),
  reference: ([x], { axes }) => reduceReference(x!, axes, (values) => roundInteger(x!.dtype, total(values))),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'sum'),
  vjp: ({ inputs, params, cotangent }) => [unreduce(cotangent, inputs[0]!, params.axes)],
  rewrite: ([x], { axes }) => withoutSingles(x!, axes, sum),
})
