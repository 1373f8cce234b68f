// Shapes and positions: reshaping, moving axes, slicing, padding, joining, gathering. All are views to the compiler.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { checkShape, formatShape, normalizeAxes, normalizeAxis, sameShape, type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as structural from '../primitives/structural.ts'
import { add } from './arithmetic.ts'
import { asTensor, broadcastTensor, castTo, commonDType, type TensorLike } from './operand.ts'

/**
 * The same elements, row-major, under another shape; one extent may be -1.
 * @throws ShapeError when the sizes differ.
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const tensor = asTensor('reshape', x)
  const unknown = shape.indexOf(-1)
  if (unknown < 0) return structural.reshape([tensor], { shape })
  const known = sizeOf(shape.filter((_, axis) => axis !== unknown))
  if (shape.lastIndexOf(-1) !== unknown || known === 0 || tensor.size % known !== 0) {
    throw new ShapeError(`reshape: ${formatShape(tensor.shape)} cannot become ${formatShape(shape)}`)
  }
  return structural.reshape([tensor], {
    shape: shape.map((extent, axis) => (axis === unknown ? tensor.size / known : extent)),
  })
}

/** Axes from `from` on joined into one. */
export function flatten(x: TensorLike, from = 0): Tensor {
  const tensor = asTensor('flatten', x)
  if (tensor.rank === 0) return reshape(tensor, [1])
  const axis = normalizeAxis('flatten', from, tensor.rank)
  return reshape(tensor, [...tensor.shape.slice(0, axis), sizeOf(tensor.shape.slice(axis))])
}

/** Axes in another order; reversed when none is given. */
export function transpose(x: TensorLike, permutation?: readonly number[]): Tensor {
  const tensor = asTensor('transpose', x)
  const axes = permutation ?? tensor.shape.map((_, axis) => tensor.rank - 1 - axis)
  return structural.transpose([tensor], {
    permutation: axes.map((axis) => normalizeAxis('transpose', axis, tensor.rank)),
  })
}

/**
 * `x` repeated to `shape`.
 * @throws ShapeError when an extent is neither 1 nor that of `shape`.
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  checkShape('broadcastTo', shape)
  const tensor = asTensor('broadcastTo', x)
  if (tensor.rank > shape.length)
    throw new ShapeError(`broadcastTo: ${formatShape(tensor.shape)} has more axes than ${formatShape(shape)}`)
  return broadcastTensor(tensor, shape)
}

/** An axis of extent 1 inserted at `axis`. */
export function expandDims(x: TensorLike, axis: number): Tensor {
  const tensor = asTensor('expandDims', x)
  const at = normalizeAxis('expandDims', axis, tensor.rank + 1)
  return reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)])
}

/** Axes of extent 1 removed: the given ones, or all. */
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

/** Elements `start, start + step, ...` below `limit` per axis; negative bounds count from the end, missing ones mean all. */
export function slice(
  x: TensorLike,
  start: readonly number[],
  limit?: readonly number[],
  step?: readonly number[],
): Tensor {
  const tensor = asTensor('slice', x)
  const bound = (value: number | undefined, extent: number, missing: number): number =>
    value === undefined ? missing : Math.min(extent, Math.max(0, value < 0 ? value + extent : value))
  const from = tensor.shape.map((extent, axis) => bound(start[axis], extent, 0))
  const to = tensor.shape.map((extent, axis) => Math.max(from[axis]!, bound(limit?.[axis], extent, extent)))
  return structural.slice([tensor], { start: from, limit: to, step: tensor.shape.map((_, axis) => step?.[axis] ?? 1) })
}

/** `value` added around `x`: `padding[axis] = [before, after]`. */
export function pad(x: TensorLike, padding: readonly (readonly [number, number])[], value = 0): Tensor {
  const tensor = asTensor('pad', x)
  if (padding.length !== tensor.rank || padding.flat().some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ArgumentError(`pad: expected ${tensor.rank} pairs of integers >= 0 for ${formatShape(tensor.shape)}`)
  }
  return structural.pad([tensor], {
    low: padding.map(([low]) => low),
    high: padding.map(([, high]) => high),
    interior: padding.map(() => 0),
    value,
  })
}

/** The order of elements reversed along the axes, or along all. */
export function flip(x: TensorLike, axes?: number | readonly number[]): Tensor {
  const tensor = asTensor('flip', x)
  return structural.flip([tensor], { axes: normalizeAxes('flip', axes, tensor.rank) })
}

/**
 * Tensors joined along an axis.
 * @throws ShapeError when their other extents differ.
 */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ArgumentError('concat: expected at least one tensor')
  const dtype = commonDType(tensors)
  const parts = tensors.map((x) => castTo(asTensor('concat', x), dtype))
  const first = parts[0]!
  const at = normalizeAxis('concat', axis, first.rank)
  const rest = (shape: Shape): number[] => shape.filter((_, i) => i !== at)
  for (const part of parts) {
    if (part.rank !== first.rank || !sameShape(rest(part.shape), rest(first.shape))) {
      throw new ShapeError(
        `concat: shapes ${formatShape(first.shape)} and ${formatShape(part.shape)} differ beside axis ${at}`,
      )
    }
  }
  const total = parts.reduce((sum, part) => sum + part.shape[at]!, 0)
  const zeros = first.shape.map(() => 0)
  let offset = 0
  const placed = parts.map((part) => {
    const low = zeros.map((_, i) => (i === at ? offset : 0))
    const high = zeros.map((_, i) => (i === at ? total - offset - part.shape[at]! : 0))
    offset += part.shape[at]!
    return structural.pad([part], { low, high, interior: zeros, value: 0 })
  })
  return placed.reduce((sum, part) => (dtype === 'bool' ? castTo(add(sum, part), 'bool') : add(sum, part)))
}
