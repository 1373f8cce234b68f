// The boundary of a transform: leaves become fresh nodes, so that derivatives are taken with respect to this use alone, and
// results leave as ordinary tensors again once they depend on nothing that belongs to the transform.

import { formatAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { ArgumentError, DTypeError } from '../core/errors.ts'
import { apply, Tensor } from '../ir/tensor.ts'
import { identity } from '../primitives/elementwise.ts'

/** A fresh node with the value of `x`, so that derivatives are taken with respect to this use of it alone. */
export function fresh(x: Tensor): Tensor {
  const node = apply(identity.primitive, null, [x], x.aval)
  return new Tensor(node.aval, node.source, true)
}

/** @throws ArgumentError when `leaf` is no tensor, DTypeError when it is no float. */
export function checkLeaf(operation: string, leaf: unknown, path: string): Tensor {
  const where = path === '' ? '' : ` at ${path}`
  if (!(leaf instanceof Tensor))
    throw new ArgumentError(`${operation}: expected a tensor${where}, got ${leaf === null ? 'null' : typeof leaf}`)
  if (!isFloating(leaf.dtype)) {
    throw new DTypeError(
      `${operation}: cannot differentiate with respect to ${formatAval(leaf.aval)}${where}: cast it to float32 first`,
    )
  }
  return leaf
}

/**
 * A result as it leaves its transform: it stays traced only if it depends on parameters of an enclosing trace or on the fresh
 * nodes of an enclosing transform.
 */
export function settle(tensor: Tensor, own: ReadonlySet<Tensor>): Tensor {
  if (!tensor.traced) return tensor
  const seen = new Set<Tensor>()
  const stack = [tensor]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (seen.has(node) || own.has(node)) continue
    seen.add(node)
    const traced = node.source.kind === 'apply' ? node.source.inputs.filter((input) => input.traced) : []
    if (traced.length === 0) return tensor
    stack.push(...traced)
  }
  return new Tensor(tensor.aval, tensor.source, false)
}
