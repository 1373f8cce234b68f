// Which way an expression walks through memory, found by evaluating its indices at the first two values of a coordinate.

import { integer } from '../../ir/indexMap.ts'
import { childrenOf, type Scalar, type Variable } from '../../ir/scalar.ts'
import { loadsOf, substitute } from '../../ir/substitute.ts'

/** Whether some load of `value` moves by one element from `over` = 0 to 1, all other coordinates being 0. Data-dependent indices do not count. */
export function consecutive(value: Scalar, over: Variable): boolean {
  if (over.extent < 2) return false
  const at = (index: Scalar, position: number): Scalar =>
    substitute(index, (node) => {
      if (node.op !== 'variable') return null
      return integer(node.hash === over.hash ? position : 0)
    })
  return loadsOf([value]).some(({ index }) => {
    if (readsData(index)) return false
    const [first, second] = [at(index, 0), at(index, 1)]
    return first.op === 'const' && second.op === 'const' && second.value - first.value === 1
  })
}

function readsData(index: Scalar): boolean {
  return index.op === 'load' || index.op === 'fold' || index.op === 'local' || childrenOf(index).some(readsData)
}
