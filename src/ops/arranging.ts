// One tensor from several and several from one (concat, stack, split, unstack), and elements repeated or moved round (tile, repeat,
// roll). Composites of views.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { checkShape, formatShape, normalizeAxis, sameShape, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { broadcast } from '../primitives/broadcast.ts'
import { concat as concatOf } from '../primitives/joining.ts'
import { expandDims, reshape, squeeze } from './axes.ts'
import { asTensor, type TensorLike } from './operand.ts'
import { inOneDType, sliceBy } from './views.ts'

const replaced = (list: readonly number[], position: number, ...values: number[]): number[] => [
  ...list.slice(0, position),
  ...values,
  ...list.slice(position + 1),
]

/** Operands of one node: a kernel that stores it binds them and itself, of the eight buffers that every WebGPU device has. */
const PARTS_OF_A_NODE = 7

/** Many tensors are joined by a tree, so that the compiler can store parts of it where they are too many for one kernel. */
function joined(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length <= PARTS_OF_A_NODE) return concatOf(parts, { axis })
  const groups = Array.from({ length: Math.ceil(parts.length / PARTS_OF_A_NODE) }, (_, i) =>
    joined(parts.slice(i * PARTS_OF_A_NODE, (i + 1) * PARTS_OF_A_NODE), axis),
  )
  return joined(groups, axis)
}

/**
 * Tensors joined along an axis; different dtypes are promoted. Every element is that of one tensor: a NaN stays where it is.
 * @throws ShapeError when their other extents differ or for scalars (use `stack`), ArgumentError when there are none.
 */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  const parts = inOneDType('concat', tensors)
  const first = parts[0]!
  if (first.rank === 0) throw new ShapeError('concat: scalars have no axis to be joined along: use stack')
  const at = normalizeAxis('concat', axis, first.rank)
  const rest = (shape: Shape): number[] => shape.filter((_, i) => i !== at)
  for (const part of parts) {
    if (part.rank !== first.rank || !sameShape(rest(part.shape), rest(first.shape))) {
      throw new ShapeError(
        `concat: shapes ${formatShape(first.shape)} and ${formatShape(part.shape)} differ beside axis ${at}; to join along a new axis use stack`,
      )
    }
  }
  return joined(parts, at)
}

/**
 * Tensors of one shape joined along a new axis, which stands at `axis` of the result; different dtypes are promoted.
 * @throws ShapeError when the shapes differ, ArgumentError when there are none.
 */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  const parts = inOneDType('stack', tensors)
  const first = parts[0]!
  for (const part of parts) {
    if (!sameShape(part.shape, first.shape))
      throw new ShapeError(
        `stack: shapes ${formatShape(first.shape)} and ${formatShape(part.shape)} differ; to join along an axis they have use concat`,
      )
  }
  const at = normalizeAxis('stack', axis, first.rank + 1)
  return concat(parts.map((part) => expandDims(part, at)), at) // prettier-ignore
}

/** The elements `from .. from + count - 1` along `axis`. */
function partOf(x: Tensor, axis: number, from: number, count: number): Tensor {
  const ranges = x.shape.map((extent, i) => (i === axis ? { first: from, count } : { first: 0, count: extent }))
  return sliceBy(x, ranges, x.shape.map(() => 1)) // prettier-ignore
}

/**
 * Consecutive parts along an axis: so many of equal size, or parts of the given sizes.
 * @throws ShapeError when the axis does not divide, or when the sizes do not add up to it.
 */
export function split(x: TensorLike, partsOrSizes: number | readonly number[], axis = 0): Tensor[] {
  const tensor = asTensor('split', x)
  const at = normalizeAxis('split', axis, tensor.rank)
  const extent = tensor.shape[at]!
  const given = typeof partsOrSizes === 'number' ? [partsOrSizes] : partsOrSizes
  if (given.some((n) => !Number.isInteger(n) || n < 0) || partsOrSizes === 0)
    throw new ArgumentError(`split: expected a number of parts of at least 1 or a list of sizes, got [${given}]`)
  if (typeof partsOrSizes === 'number' && extent % partsOrSizes !== 0) {
    throw new ShapeError(
      `split: axis ${at} of ${formatShape(tensor.shape)} does not divide into ${partsOrSizes} parts; give a list of sizes instead`,
    )
  }
  const sizes =
    typeof partsOrSizes === 'number'
      ? Array.from({ length: partsOrSizes }, () => extent / partsOrSizes)
      : [...partsOrSizes]
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total !== extent)
    throw new ShapeError(`split: sizes [${sizes}] add up to ${total}, but axis ${at} of ${formatShape(tensor.shape)} has ${extent}`) // prettier-ignore
  let from = 0
  return sizes.map((size) => {
    from += size
    return partOf(tensor, at, from - size, size)
  })
}

/** The slices along an axis, without that axis. */
export function unstack(x: TensorLike, axis = 0): Tensor[] {
  const tensor = asTensor('unstack', x)
  const at = normalizeAxis('unstack', axis, tensor.rank)
  return Array.from({ length: tensor.shape[at]! }, (_, i) => squeeze(partOf(tensor, at, i, 1), at))
}

/**
 * Elements moved by `shift` places along the axes (one shift for each, or one for all), those at the end back to the beginning.
 * Without axes the flattened tensor is rolled, as in NumPy and PyTorch.
 * @throws ArgumentError when a shift is no integer, or when there are not as many as axes.
 */
export function roll(x: TensorLike, shift: number | readonly number[], axes?: number | readonly number[]): Tensor {
  const tensor = asTensor('roll', x)
  const shifts = typeof shift === 'number' ? [shift] : shift
  if (shifts.some((by) => !Number.isInteger(by)))
    throw new ArgumentError(`roll: expected integer shifts, got [${shifts}]`)
  if (axes === undefined) {
    const by = shifts.reduce((sum, one) => sum + one, 0)
    return reshape(rolled(reshape(tensor, [tensor.size]), 0, by), tensor.shape)
  }
  const list = typeof axes === 'number' ? [axes] : axes
  if (shifts.length !== 1 && shifts.length !== list.length)
    throw new ArgumentError(`roll: ${shifts.length} shifts for ${list.length} axes: give one for each, or one for all`)
  return list.reduce((moved, axis, i) => rolled(moved, normalizeAxis('roll', axis, tensor.rank), shifts[i] ?? shifts[0]!), tensor) // prettier-ignore
}

function rolled(x: Tensor, axis: number, shift: number): Tensor {
  const extent = x.shape[axis]!
  const by = extent === 0 ? 0 : ((shift % extent) + extent) % extent
  if (by === 0) return x
  return concat([partOf(x, axis, extent - by, by), partOf(x, axis, 0, extent - by)], axis)
}

/**
 * The whole of `x` so many times along every axis; with more repeats than axes, axes of 1 are put in front, and missing repeats in
 * front are 1, as in NumPy.
 * @throws ArgumentError when a repeat is no integer >= 0.
 */
export function tile(x: TensorLike, repeats: number | readonly number[]): Tensor {
  const tensor = asTensor('tile', x)
  const given = typeof repeats === 'number' ? [repeats] : repeats
  if (given.some((n) => !Number.isInteger(n) || n < 0))
    throw new ArgumentError(`tile: expected integers >= 0, got [${given}]`)
  const rank = Math.max(tensor.rank, given.length)
  const fill = (list: readonly number[]): number[] => [...Array.from({ length: rank - list.length }, () => 1), ...list]
  const [shape, counts] = [fill(tensor.shape), fill(given)]
  const result = shape.map((extent, axis) => extent * counts[axis]!)
  checkShape('tile', result)
  // every axis [n] becomes [count, n]; those that are not repeated stay one axis, which keeps the index map short
  const repeated = shape.flatMap((extent, axis) => (counts[axis] === 1 ? [extent] : [counts[axis]!, extent]))
  const axes = shape.map((_, axis) => axis + counts.slice(0, axis + 1).filter((count) => count !== 1).length)
  return reshape(broadcast([reshape(tensor, shape)], { shape: repeated, axes }), result)
}

/**
 * Every element `count` times in a row along an axis.
 * @throws ArgumentError when the count is no integer >= 0.
 */
export function repeat(x: TensorLike, count: number, axis: number): Tensor {
  const tensor = asTensor('repeat', x)
  const at = normalizeAxis('repeat', axis, tensor.rank)
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError(`repeat: expected a count that is an integer >= 0, got ${count}`)
  const extent = tensor.shape[at]!
  const result = replaced(tensor.shape, at, extent * count)
  checkShape('repeat', result)
  if (count === 1) return tensor
  const axes = tensor.shape.map((_, i) => (i > at ? i + 1 : i))
  return reshape(broadcast([tensor], { shape: replaced(tensor.shape, at, extent, count), axes }), result)
}
