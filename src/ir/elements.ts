// Composition of lowerings: the scalar expression of one element of a tensor, inlining every tensor that is not stored. This
// is where maps fuse into maps and views into index maps.

import { InternalError } from '../core/errors.ts'
import { formatAval } from '../core/aval.ts'
import { sizeOf } from '../core/shape.ts'
import { isArgument } from './graph.ts'
import { integer, ravel, unravel } from './indexMap.ts'
import type { Lowering, Read, ReduceLowering } from './lowering.ts'
import { argument, binary, fold, hashOf, load, type Scalar, variable } from './scalar.ts'
import type { Tensor } from './tensor.ts'

/** The lowering of a tensor that a primitive computes. */
export function loweringOf(tensor: Tensor): Lowering {
  const source = tensor.source
  if (source.kind !== 'apply') throw new InternalError(`${formatAval(tensor.aval)} is not computed by a primitive`)
  const avals = source.inputs.map((input) => input.aval)
  const lowering = source.primitive.lower(avals, source.params, tensor.aval)
  if (lowering.kind === 'region') throw new InternalError(`the region ${source.primitive.name} was not inlined`)
  return lowering
}

/** Element expressions under a choice of stored tensors. */
export interface Elements {
  /** The element of `tensor` at `coordinates`: a load if it is stored or a leaf, else its lowering's expression. */
  readonly at: (tensor: Tensor, coordinates: readonly Scalar[]) => Scalar
  /** As `at`, but computes `tensor` itself even if it is stored. */
  readonly compute: (tensor: Tensor, coordinates: readonly Scalar[]) => Scalar
  /** The operands of a contraction at batch, m, n and k coordinates. */
  readonly operands: (tensor: Tensor, batch: Scalar, m: Scalar, n: Scalar, k: Scalar) => { lhs: Scalar; rhs: Scalar }
}

/** Element expressions in which the tensors of `stored` are loads. Loop variables are named after the tensor they belong to. */
export function elementsOf(stored: { has(tensor: Tensor): boolean }): Elements {
  const memo = new Map<number, Scalar>()

  const at = (tensor: Tensor, coordinates: readonly Scalar[]): Scalar => {
    const source = tensor.source
    if (isArgument(tensor)) return argument(tensor)
    if (source.kind !== 'apply' || stored.has(tensor)) return load(tensor, ravel(coordinates, tensor.shape))
    return compute(tensor, coordinates)
  }

  const compute = (tensor: Tensor, coordinates: readonly Scalar[]): Scalar => {
    const key = hashOf(tensor.id, ...coordinates.map((coordinate) => coordinate.hash))
    const known = memo.get(key)
    if (known !== undefined) return known
    const result = expand(tensor, coordinates)
    memo.set(key, result)
    return result
  }

  const readOf = (tensor: Tensor) => {
    const source = tensor.source
    if (source.kind !== 'apply') throw new InternalError('a leaf has no operands')
    return (operand: number, coordinates: readonly Scalar[]): Scalar => at(source.inputs[operand]!, coordinates)
  }

  const operands: Elements['operands'] = (tensor, batch, m, n, k) => {
    const lowering = loweringOf(tensor)
    if (lowering.kind !== 'contraction') throw new InternalError(`${formatAval(tensor.aval)} is not a contraction`)
    const read = readOf(tensor)
    const b = unravel(batch, lowering.batch)
    const inner = unravel(k, lowering.k)
    return {
      lhs: lowering.lhs(b, unravel(m, lowering.m), inner, read),
      rhs: lowering.rhs(b, inner, unravel(n, lowering.n), read),
    }
  }

  const expand = (tensor: Tensor, coordinates: readonly Scalar[]): Scalar => {
    const lowering = loweringOf(tensor)
    const read = readOf(tensor)
    switch (lowering.kind) {
      case 'map': {
        const source = tensor.source
        const inputs = source.kind === 'apply' ? source.inputs : []
        return lowering.element(
          inputs.map((input) => at(input, coordinates)),
          coordinates,
        )
      }
      case 'view':
        return lowering.element(coordinates, read)
      case 'reduce': {
        const inner = variable(`r${tensor.id}`, sizeOf(lowering.extents))
        if (inner.extent === 1) return alone(lowering, coordinates, read)
        return fold(lowering.combine, inner, lowering.element(coordinates, unravel(inner, lowering.extents), read))
      }
      case 'contraction': {
        const k = variable(`r${tensor.id}`, sizeOf(lowering.k))
        const [b, m] = [lowering.batch.length, lowering.m.length]
        const { lhs, rhs } = operands(
          tensor,
          ravel(coordinates.slice(0, b), lowering.batch),
          ravel(coordinates.slice(b, b + m), lowering.m),
          ravel(coordinates.slice(b + m), lowering.n),
          k,
        )
        return fold('sum', k, binary('mul', lhs, rhs))
      }
    }
  }

  return { at, compute, operands }
}

/** A reduction over a single element. */
function alone({ combine, extents, element }: ReduceLowering, coordinates: readonly Scalar[], read: Read): Scalar {
  const first = extents.map(() => integer(0))
  return combine === 'argmax' || combine === 'argmin' ? integer(0) : element(coordinates, first, read)
}
