// Before a kernel is printed as WGSL: functions whose builtins are coarse are written out as polynomials.

import type { Kernel, Store } from '../../compiler/kernel.ts'
import type { Scalar } from '../../ir/scalar.ts'
import { substitute, visitScalars } from '../../ir/substitute.ts'
import { expandUnary } from '../../ir/transcendental.ts'

function expand(root: Scalar): Scalar {
  let found = false
  visitScalars([root], (node) => {
    if (node.op === 'unary' && expandUnary(node.fn, node.x) !== null) found = true
  })
  if (!found) return root
  // the innermost function first: its operand holds no other one
  return substitute(root, (node) => (node.op === 'unary' ? expandUnary(node.fn, expand(node.x)) : null))
}

/** The same kernel with accurate functions. */
export function expandKernel(kernel: Kernel): Kernel {
  const stores = (list: readonly Store[]): Store[] => list.map((store) => ({ ...store, value: expand(store.value) }))
  if (kernel.kind === 'contraction') {
    return { ...kernel, lhs: expand(kernel.lhs), rhs: expand(kernel.rhs), stores: stores(kernel.stores) }
  }
  return { ...kernel, stages: kernel.stages.map(({ inner, stores: own }) => ({ inner, stores: stores(own) })) }
}
