// The order, number and extents of axes: the same elements under another shape. All are views to the compiler: they are composed into
// index maps, and take every dtype, scalars and extents of 0.

import { ShapeError } from '../core/errors.ts'
import { checkShape, formatShape, normalizeAxes, normalizeAxis, type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as structural from '../primitives/structural.ts'
import { asTensor, broadcastTensor, type TensorLike } from './operand.ts'

/**
 * The same elements, row-major, under another shape; one extent may be -1.
 * @throws ShapeError when the sizes differ, or when several extents, or one that nothing determines, are -1.
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const tensor = asTensor('reshape', x)
  const unknown = shape.indexOf(-1)
  if (unknown < 0) return structural.reshape([tensor], { shape })
  const known = sizeOf(shape.filter((_, axis) => axis !== unknown))
  if (shape.lastIndexOf(-1) !== unknown || known <= 0 || tensor.size % known !== 0) {
    const why =
      shape.lastIndexOf(-1) !== unknown
        ? 'only one extent may be -1'
        : known === 0
          ? 'beside an extent of 0 any extent fits where -1 stands: name it'
          : `${tensor.size} elements do not divide by ${known}`
    throw new ShapeError(`reshape: ${formatShape(tensor.shape)} cannot become ${formatShape(shape)}: ${why}`)
  }
  return structural.reshape([tensor], {
    shape: shape.map((extent, axis) => (axis === unknown ? tensor.size / known : extent)),
  })
}

/** Axes from `from` on joined into one; a scalar becomes `[1]`. */
export function flatten(x: TensorLike, from = 0): Tensor {
  const tensor = asTensor('flatten', x)
  if (tensor.rank === 0) return reshape(tensor, [1])
  const axis = normalizeAxis('flatten', from, tensor.rank)
  return reshape(tensor, [...tensor.shape.slice(0, axis), sizeOf(tensor.shape.slice(axis))])
}

/**
 * Axes in another order: output axis `i` is axis `permutation[i]`; reversed when none is given.
 * @throws ShapeError when it is no permutation of all axes.
 */
export function transpose(x: TensorLike, permutation?: readonly number[]): Tensor {
  const tensor = asTensor('transpose', x)
  const axes = permutation ?? tensor.shape.map((_, axis) => tensor.rank - 1 - axis)
  return structural.transpose([tensor], {
    permutation: axes.map((axis) => normalizeAxis('transpose', axis, tensor.rank)),
  })
}

/**
 * `x` repeated to `shape`, its axes aligned with the last ones.
 * @throws ShapeError when an extent is neither 1 nor that of `shape`.
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  checkShape('broadcastTo', shape)
  const tensor = asTensor('broadcastTo', x)
  if (tensor.rank > shape.length)
    throw new ShapeError(`broadcastTo: ${formatShape(tensor.shape)} has more axes than ${formatShape(shape)}`)
  return broadcastTensor(tensor, shape)
}

/**
 * Axes of extent 1 inserted, so that they stand at `axes` of the result.
 * @throws ShapeError when a position is out of the result's range, ArgumentError when one is named twice.
 */
export function expandDims(x: TensorLike, axes: number | readonly number[]): Tensor {
  const tensor = asTensor('expandDims', x)
  const rank = tensor.rank + (typeof axes === 'number' ? 1 : axes.length)
  const inserted = normalizeAxes('expandDims', axes, rank)
  const extents = [...tensor.shape]
  return reshape(tensor, Array.from({ length: rank }, (_, axis) => (inserted.includes(axis) ? 1 : extents.shift()!))) // prettier-ignore
}

/**
 * Axes of extent 1 removed: the given ones, or all.
 * @throws ShapeError when a given axis has another extent.
 */
export function squeeze(x: TensorLike, axes?: number | readonly number[]): Tensor {
  const tensor = asTensor('squeeze', x)
  const gone =
    axes === undefined
      ? tensor.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []))
      : normalizeAxes('squeeze', axes, tensor.rank)
  if (gone.some((axis) => tensor.shape[axis] !== 1))
    throw new ShapeError(`squeeze: axes [${gone}] of ${formatShape(tensor.shape)} are not all 1`)
  return reshape(tensor, tensor.shape.filter((_, axis) => !gone.includes(axis))) // prettier-ignore
}

/** The order of elements reversed along the axes, or along all. */
export function flip(x: TensorLike, axes?: number | readonly number[]): Tensor {
  const tensor = asTensor('flip', x)
  return structural.flip([tensor], { axes: normalizeAxes('flip', axes, tensor.rank) })
}
