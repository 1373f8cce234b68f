// How backends look at the sums of contractions before they write loops for them.

import type { Scalar, Variable } from '../ir/scalar.ts'
import { dependsOn, visitScalars } from '../ir/substitute.ts'

/** Whether positions or guards of an operand take a variable apart, as those of a convolution do: loops over its parts are then cheaper. */
export function takesApart(operand: Scalar, over: Variable): boolean {
  let found = false
  visitScalars([operand], (node) => {
    if (node.op === 'quotient' || node.op === 'remainder' || (node.op === 'select' && node.dtype === 'int32'))
      found ||= dependsOn(node, over)
  })
  return found
}
