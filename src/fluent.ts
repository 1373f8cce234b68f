// Methods on tensors: x.matmul(w).add(b).relu(). Each is the function of the same name with the tensor as its first argument;
// importing this file installs them, which is the package's only side effect.

import type { TypedArray } from './core/dtype.ts'
import { Tensor } from './ir/tensor.ts'
import * as ops from './ops/index.ts'
import { type Nested, readArray, readData, readItem } from './runtime/host.ts'
import { disposeTensor } from './runtime/storage.ts'

const METHODS = [
  ...(['neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'square', 'reciprocal', 'not', 'cast', 'bitcast'] as const), // prettier-ignore
  ...(['add', 'sub', 'mul', 'div', 'rem', 'mod', 'pow', 'maximum', 'minimum', 'clip', 'stopGradient'] as const),
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'isNaN', 'isFinite', 'isInf'] as const),
  ...(['and', 'or', 'xor', 'shiftLeft', 'shiftRight'] as const),
  ...(['exp', 'expm1', 'log', 'log1p', 'log2', 'sqrt', 'rsqrt', 'erf', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan'] as const), // prettier-ignore
  ...(['atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'] as const),
  ...(['sigmoid', 'logSigmoid', 'softplus', 'relu', 'leakyRelu', 'prelu', 'elu', 'selu', 'celu', 'gelu', 'silu'] as const), // prettier-ignore
  ...(['mish', 'hardSigmoid', 'hardSwish', 'hardTanh', 'relu6', 'softsign'] as const),
  ...(['reshape', 'flatten', 'transpose', 'broadcastTo', 'expandDims', 'squeeze', 'slice', 'split', 'unstack'] as const), // prettier-ignore
  ...(['pad', 'flip', 'roll', 'tile', 'repeat', 'index'] as const),
  ...(['sum', 'mean', 'prod', 'max', 'min', 'any', 'all', 'argMax', 'argMin', 'logSumExp', 'variance'] as const),
  ...(['standardDeviation', 'norm', 'softmax', 'logSoftmax'] as const),
  ...(['cumsum', 'cumprod', 'cummax', 'cummin', 'sort', 'argsort', 'topK'] as const),
  ...(['matmul', 'dot', 'outer', 'tril', 'triu', 'diag', 'trace'] as const),
  ...(['gather', 'gatherNd', 'takeAlongAxis', 'layerNorm', 'rmsNorm'] as const),
] as const

type MethodName = (typeof METHODS)[number]
type MethodOf<F> = F extends (x: never, ...rest: infer A) => infer R ? (...rest: A) => R : never
type OperationMethods = { readonly [K in MethodName]: MethodOf<(typeof ops)[K]> }

interface OtherMethods {
  /** The values, row-major; `bool` as 0 and 1. */
  data(): Promise<TypedArray>
  /** The values as nested lists. */
  array(): Promise<Nested>
  /** The value of a tensor of one element. */
  item(): Promise<number>
  /** Frees the memory now. */
  dispose(): void
  /** Frees the memory at the end of a `using` block. */
  [Symbol.dispose](): void
}

declare module './ir/tensor.ts' {
  interface Tensor extends OperationMethods, OtherMethods {}
}

type Operation = (x: Tensor, ...rest: never[]) => unknown

function define(name: string | symbol, operation: Operation): void {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]): unknown {
      return operation(this, ...rest)
    },
    configurable: true,
    writable: true,
  })
}

const operations: Readonly<Record<MethodName, Operation>> = ops
for (const name of METHODS) define(name, operations[name])
define('data', readData)
define('array', readArray)
define('item', readItem)
define('dispose', disposeTensor)
// engines without explicit resource management have no Symbol.dispose
if (typeof Symbol.dispose === 'symbol') define(Symbol.dispose, disposeTensor)
