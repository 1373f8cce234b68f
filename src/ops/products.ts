// What matmul and einsum share: operands in the dtype of their product, and that product for floats and integers.

import { isFloating } from '../core/dtype.ts'
import type { Tensor } from '../ir/tensor.ts'
import { sum } from '../primitives/broadcast.ts'
import { matmul } from '../primitives/linalg.ts'
import { mul } from './arithmetic.ts'
import { expandDims } from './axes.ts'
import { asTensor, castTo, commonDType, type TensorLike } from './operand.ts'

/** Operands of a product in the dtype of the result: bool and uint8 count as int32. */
export function factors(operation: string, operands: readonly TensorLike[]): Tensor[] {
  const common = commonDType(operands)
  const dtype = common === 'bool' ? 'int32' : common
  return operands.map((x) => castTo(asTensor(operation, x), dtype))
}

/** `[..., M, K] x [..., K, N]` with equal batch axes; integers as a reduction, since contractions are of floats. */
export function product(lhs: Tensor, rhs: Tensor): Tensor {
  if (isFloating(lhs.dtype)) return matmul([lhs, rhs], null)
  return sum([mul(expandDims(lhs, -1), expandDims(rhs, -3))], { axes: [lhs.rank - 1] })
}
