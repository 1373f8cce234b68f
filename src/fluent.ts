// Methods on tensors: x.matmul(w).add(b).relu(). Each is the function of the same name; importing this file installs them, which
// is the package's only side effect.

import type { DType, TypedArray } from './core/dtype.ts'
import type { Shape } from './core/shape.ts'
import { Tensor } from './ir/tensor.ts'
import * as activations from './ops/activations.ts'
import * as arithmetic from './ops/arithmetic.ts'
import * as elementary from './ops/elementary.ts'
import type { TensorLike } from './ops/operand.ts'
import * as gathering from './ops/gathering.ts'
import * as linalg from './ops/linalg.ts'
import * as reductions from './ops/reductions.ts'
import * as shaping from './ops/shaping.ts'
import { type Nested, readArray, readData, readItem } from './runtime/host.ts'
import { disposeTensor } from './runtime/storage.ts'

type UnaryName = 'neg' | 'abs' | 'sign' | 'floor' | 'ceil' | 'round' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tan' | 'tanh' | 'sigmoid' | 'relu' | 'square' | 'not' | 'stopGradient' // prettier-ignore
type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'rem' | 'pow' | 'maximum' | 'minimum' | 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual' | 'and' | 'or' | 'xor' // prettier-ignore
type ReductionName = 'sum' | 'mean' | 'max' | 'min'

type UnaryMethods = { readonly [K in UnaryName]: () => Tensor }
type BinaryMethods = { readonly [K in BinaryName]: (other: TensorLike) => Tensor }
type ReductionMethods = { readonly [K in ReductionName]: (axes?: reductions.Axes, keepDims?: boolean) => Tensor }

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
  matmul(other: TensorLike, options?: linalg.MatmulOptions): Tensor
  dot(other: TensorLike): Tensor
  argMax(axis?: number): Tensor
  argMin(axis?: number): Tensor
  softmax(axis?: number): Tensor
  logSoftmax(axis?: number): Tensor
  logSumExp(axis?: number, keepDims?: boolean): Tensor
  reshape(shape: Shape): Tensor
  flatten(from?: number): Tensor
  transpose(permutation?: readonly number[]): Tensor
  broadcastTo(shape: Shape): Tensor
  expandDims(axis: number): Tensor
  squeeze(axes?: number | readonly number[]): Tensor
  slice(start: readonly number[], limit?: readonly number[], step?: readonly number[]): Tensor
  pad(padding: readonly (readonly [number, number])[], value?: number): Tensor
  flip(axes?: number | readonly number[]): Tensor
  gather(indices: Tensor): Tensor
  leakyRelu(negativeSlope?: number): Tensor
  cast(dtype: DType): Tensor
}

declare module './ir/tensor.ts' {
  interface Tensor extends UnaryMethods, BinaryMethods, ReductionMethods, OtherMethods {}
}

type Operation = (x: Tensor, ...rest: never[]) => unknown

const {
  neg,
  abs,
  sign,
  floor,
  ceil,
  round,
  exp,
  log,
  sqrt,
  sin,
  cos,
  tan,
  tanh,
  sigmoid,
  relu,
  square,
  not,
  stopGradient,
} = { ...arithmetic, ...elementary, ...activations }
const {
  add,
  sub,
  mul,
  div,
  rem,
  pow,
  maximum,
  minimum,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
  and,
  or,
  xor,
} = arithmetic
const { cast } = arithmetic
const { leakyRelu } = activations
const { matmul, dot } = linalg
const { gather } = gathering
const { sum, mean, max, min, argMax, argMin, softmax, logSoftmax, logSumExp } = reductions
const { reshape, flatten, transpose, broadcastTo, expandDims, squeeze, slice, pad, flip } = shaping

const GROUPS: readonly Readonly<Record<string, Operation>>[] = [
  { neg, abs, sign, floor, ceil, round, exp, log, sqrt, sin, cos, tan, tanh, sigmoid, relu, square, not, stopGradient },
  {
    add,
    sub,
    mul,
    div,
    rem,
    pow,
    maximum,
    minimum,
    equal,
    notEqual,
    less,
    lessEqual,
    greater,
    greaterEqual,
    and,
    or,
    xor,
  },
  { leakyRelu, cast, sum, mean, max, min, matmul, dot, argMax, argMin, softmax, logSoftmax, logSumExp },
  { reshape, flatten, transpose, broadcastTo, expandDims, squeeze, slice, pad, flip, gather },
  { data: readData, array: readArray, item: readItem, dispose: disposeTensor },
]

function define(name: string | symbol, operation: Operation): void {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]): unknown {
      return operation(this, ...rest)
    },
    configurable: true,
    writable: true,
  })
}

for (const [name, operation] of GROUPS.flatMap((group) => Object.entries(group))) define(name, operation)
// engines without explicit resource management have no Symbol.dispose
if (typeof Symbol.dispose === 'symbol') define(Symbol.dispose, disposeTensor)
