// Before a kernel is printed as WGSL: functions whose builtins are coarse are written out as polynomials.

import type { Kernel, Store } from '../../compiler/kernel.ts'
import type { Scalar } from '../../ir/scalar.ts'
import { substitute, visitScalars } from '../../ir/substitute.ts'
import { expandBinary, expandUnary, isWrittenOut } from '../../ir/transcendental.ts'

type Function = Extract<Scalar, { op: 'unary' | 'binary' }>

const isCoarse = (node: Scalar): node is Function =>
  (node.op === 'unary' || node.op === 'binary') && isWrittenOut(node.fn, node.dtype)

/** Expands scalars; a function that several of them hold is expanded once. */
function expander(): (root: Scalar) => Scalar {
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

/** The same kernel with accurate functions. */
export function expandKernel(kernel: Kernel): Kernel {
  const expand = expander()
  const stores = (list: readonly Store[]): Store[] => list.map((store) => ({ ...store, value: expand(store.value) }))
  if (kernel.kind === 'contraction') {
    return { ...kernel, lhs: expand(kernel.lhs), rhs: expand(kernel.rhs), stores: stores(kernel.stores) }
  }
  return { ...kernel, stages: kernel.stages.map(({ inner, stores: own }) => ({ inner, stores: stores(own) })) }
}
