// How composites take operands: JavaScript numbers become literals of the other operand's dtype, dtypes are promoted, and
// shapes broadcast by NumPy's rules.

import { type DType, isFloating, isInteger, promote } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { broadcastShapes, sameShape, type Shape } from '../core/shape.ts'
import type { PrimitiveFunction } from '../ir/primitive.ts'
import { roundTo } from '../ir/scalar.ts'
import { Tensor } from '../ir/tensor.ts'
import { broadcast } from '../primitives/broadcast.ts'
import { cast } from '../primitives/elementwise.ts'
import { literal } from '../primitives/literal.ts'

/** A tensor, or a JavaScript number or boolean that takes the dtype of the tensors it meets. */
export type TensorLike = Tensor | number | boolean

/** A scalar literal. Without a dtype: `bool` for a boolean, else `float32`. */
export function scalar(value: number | boolean, dtype?: DType): Tensor {
  return literal([], { value: Number(value), dtype: dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32') })
}

/** @throws ArgumentError when `x` is neither tensor, number nor boolean. */
export function checkOperand(operation: string, x: unknown): asserts x is TensorLike {
  if (x instanceof Tensor || typeof x === 'number' || typeof x === 'boolean') return
  const given = Array.isArray(x) ? 'an array (wrap it: tensor([...]))' : x === null ? 'null' : typeof x
  throw new ArgumentError(`${operation}: expected a tensor or a number, got ${given}`)
}

/** The operand as a tensor, with literals as `float32` or `bool`. */
export function asTensor(operation: string, x: TensorLike): Tensor {
  checkOperand(operation, x)
  return x instanceof Tensor ? x : scalar(x)
}

/** The dtype in which operands meet: tensors are promoted, numbers follow them unless a fraction meets integers. */
export function commonDType(operands: readonly TensorLike[]): DType {
  const tensors = operands.filter((x) => x instanceof Tensor).map((x) => x.dtype)
  const numbers = operands.filter((x) => typeof x === 'number')
  if (tensors.length === 0) return numbers.length > 0 ? 'float32' : 'bool'
  let dtype = tensors.reduce(promote)
  if (dtype === 'uint8') dtype = 'int32'
  if (numbers.length > 0 && !isFloating(dtype)) {
    if (numbers.some((x) => !Number.isInteger(x))) return 'float32'
    if (dtype === 'bool') return 'int32'
  }
  return dtype
}

/** `x` in another dtype. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : cast([x], { dtype })
}

/** `x` repeated to `shape`, its axes aligned with the last ones. */
export function broadcastTensor(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const offset = shape.length - x.rank
  return broadcast([x], { shape, axes: x.shape.map((_, axis) => axis + offset) })
}

/** Operands with one dtype and one shape. */
export function unify(operation: string, operands: readonly TensorLike[], dtype?: DType): Tensor[] {
  operands.forEach((x) => checkOperand(operation, x))
  const common = dtype ?? commonDType(operands)
  const tensors = operands.map((x) => (x instanceof Tensor ? castTo(x, common) : numberAs(operation, x, common)))
  const shape = broadcastShapes(operation, ...tensors.map((x) => x.shape))
  return tensors.map((x) => broadcastTensor(x, shape))
}

/** A number or boolean beside tensors of an integer dtype, which must be able to hold it. */
function numberAs(operation: string, value: number | boolean, dtype: DType): Tensor {
  if (isInteger(dtype) && Number.isInteger(value) && roundTo(dtype, Number(value)) !== Number(value)) {
    throw new ArgumentError(
      `${operation}: ${dtype} cannot hold ${Number(value)}: cast the tensor first, e.g. to ${dtype === 'int32' ? 'float32' : 'int32'}`,
    )
  }
  return scalar(value, dtype)
}

/** The dtype in which a function of real numbers works: floats keep theirs, integers and bool become float32. */
export function toFloat(operation: string, x: TensorLike): Tensor {
  const tensor = asTensor(operation, x)
  return isFloating(tensor.dtype) ? tensor : castTo(tensor, 'float32')
}

/** A function of one real number from its primitive. */
export const ofReal =
  (operation: string, primitive: PrimitiveFunction<null>) =>
  (x: TensorLike): Tensor =>
    primitive([toFloat(operation, x)], null)

/** The operand as numbers: bool and uint8 count as int32. */
export function toNumber(operation: string, x: TensorLike): Tensor {
  const tensor = asTensor(operation, x)
  return tensor.dtype === 'bool' || tensor.dtype === 'uint8' ? castTo(tensor, 'int32') : tensor
}
