// Before a kernel is printed: functions that a target has not, or only coarsely, are written out as polynomials.

import type { Kernel, Store } from '../compiler/kernel.ts'
import type { Scalar } from '../ir/scalar.ts'
import { substitute, visitScalars } from '../ir/substitute.ts'
import { expandBinary, expandUnary, isWrittenOut } from '../ir/transcendental.ts'

type Function = Extract<Scalar, { op: 'unary' | 'binary' }>

/** Expands scalars; a function that several of them hold is expanded once. */
function expander(keeps: (fn: string) => boolean): (root: Scalar) => Scalar {
  const isCoarse = (node: Scalar): node is Function =>
    (node.op === 'unary' || node.op === 'binary') && !keeps(node.fn) && isWrittenOut(node.fn, node.dtype)
  const memo = new Map<number, Scalar | null>()
  const written = (node: Function): Scalar | null =>
    node.op === 'unary' ? expandUnary(node.fn, expand(node.x)) : expandBinary(node.fn, expand(node.x), expand(node.y))
  const replace = (node: Scalar): Scalar | null => {
    if (!isCoarse(node)) return null
    const result = memo.get(node.hash) ?? written(node)
    memo.set(node.hash, result)
    return result
  }
  const expand = (root: Scalar): Scalar => {
    let found = false
    visitScalars([root], (node) => {
      found ||= isCoarse(node)
    })
    return found ? substitute(root, replace) : root
  }
  return expand
}

/** The same kernel with accurate functions, but for those that the target `keeps`. */
export function expandKernel<K extends Kernel>(kernel: K, keeps?: (fn: string) => boolean): K
export function expandKernel(kernel: Kernel, keeps: (fn: string) => boolean = () => false): Kernel {
  const expand = expander(keeps)
  const stores = (list: readonly Store[]): Store[] => list.map((store) => ({ ...store, value: expand(store.value) }))
  if (kernel.kind === 'contraction') {
    return { ...kernel, lhs: expand(kernel.lhs), rhs: expand(kernel.rhs), stores: stores(kernel.stores) }
  }
  return { ...kernel, stages: kernel.stages.map(({ inner, stores: own }) => ({ inner, stores: stores(own) })) }
}
