// What operations along one axis have in common: their primitives work on the last axis, and scalars count as one element.

import { normalizeAxis } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { reshape, transpose } from '../primitives/structural.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'

/** The operand as a tensor of numbers: bool and uint8 count as int32. */
export function numeric(operation: string, x: TensorLike): Tensor {
  const tensor = asTensor(operation, x)
  return tensor.dtype === 'bool' || tensor.dtype === 'uint8' ? castTo(tensor, 'int32') : tensor
}

/** `x` with `axis` moved to the end, or, if `back`, with the last axis moved to `axis`. */
export function moveLast(x: Tensor, axis: number, back = false): Tensor {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis)
  const permutation = back ? x.shape.map((_, i) => (i < axis ? i : i === axis ? x.rank - 1 : i - 1)) : [...others, axis]
  return axis === x.rank - 1 ? x : transpose([x], { permutation })
}

/**
 * `fn` of `x` with `axis` in the last place, moved back afterwards; a scalar is a vector of one element meanwhile.
 * @throws ShapeError when the axis is out of range.
 */
export function alongLast(operation: string, x: Tensor, axis: number, fn: (x: Tensor) => Tensor): Tensor {
  if (x.rank === 0) {
    normalizeAxis(operation, axis, 1)
    return reshape([fn(reshape([x], { shape: [1] }))], { shape: [] })
  }
  const at = normalizeAxis(operation, axis, x.rank)
  return moveLast(fn(moveLast(x, at)), at, true)
}
