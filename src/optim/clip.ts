// Gradients limited by the length of the vector that all of them together make.

import { ArgumentError } from '../core/errors.ts'
import { flattenTree, mapTree } from '../core/tree.ts'
import { Tensor } from '../ir/tensor.ts'
import { add, div, maximum, mul, square } from '../ops/arithmetic.ts'
import { sqrt } from '../ops/elementary.ts'
import { castTo, type TensorLike } from '../ops/operand.ts'
import { sum } from '../ops/reductions.ts'

function tensorAt(leaf: unknown, path: string): Tensor {
  if (leaf instanceof Tensor) return leaf
  throw new ArgumentError(
    `globalNorm: expected a tree of tensors, got ${leaf === null ? 'null' : typeof leaf} at ${path || 'the root'}`,
  )
}

/**
 * The Euclidean norm of all elements of a tree of gradients: a scalar.
 * @throws ArgumentError for a tree without tensors.
 */
export function globalNorm(gradients: unknown): Tensor {
  const { leaves, paths } = flattenTree(gradients)
  const squares = leaves.map((leaf, i) => sum(square(tensorAt(leaf, paths[i]!))))
  if (squares.length === 0) throw new ArgumentError('globalNorm: the tree has no tensors')
  return sqrt(squares.reduce((total, each) => add(total, each)))
}

/**
 * The gradients, scaled down to the norm `maxNorm` where theirs is greater.
 * @throws ArgumentError unless `maxNorm` is positive.
 */
export function clipByGlobalNorm<G>(gradients: G, maxNorm: TensorLike): G {
  if (!(maxNorm instanceof Tensor) && !(Number(maxNorm) > 0))
    throw new ArgumentError(`clipByGlobalNorm: maxNorm must be positive, got ${maxNorm}`)
  const factor = div(maxNorm, maximum(globalNorm(gradients), maxNorm)) // exactly 1 below the limit
  return mapTree(gradients, (leaf, path) => {
    const gradient = tensorAt(leaf, path)
    return castTo(mul(gradient, factor), gradient.dtype)
  }) as G
}
