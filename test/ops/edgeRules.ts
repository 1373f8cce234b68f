// The rules at the edges as data: operations with operands and the results that every backend must give, bit for bit; and the
// activations whose values and derivatives must hold for every finite float32. No test runner in here.

import { pullback } from '../../src/autodiff/vjp.ts'
import type { Backend } from '../../src/backend/backend.ts'
import type { DType } from '../../src/core/dtype.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { hostArrayOf } from '../../src/core/dtype.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { full } from '../../src/primitives/literal.ts'
import { div as divideIntegers } from '../../src/primitives/elementwise.ts'
import { differenceOf } from '../conformance/compare.ts'
import { runGraph } from '../conformance/execute.ts'
import { referenceOutputs, toReference } from '../conformance/reference.ts'

/** An operation on vectors and what it must give. */
export interface EdgeRule {
  readonly name: string
  readonly inputs: readonly (readonly [DType, readonly number[]])[]
  readonly build: (...x: Tensor[]) => Tensor
  readonly expected: readonly number[]
}

const [inf, nan] = [Infinity, NaN]
const LEAST = -2147483648
const rule = (name: string, build: EdgeRule['build'], expected: readonly number[], ...inputs: EdgeRule['inputs']): EdgeRule => ({ name, inputs, build, expected }) // prettier-ignore
const float = (...values: number[]): readonly [DType, number[]] => ['float32', values]
const int = (...values: number[]): readonly [DType, number[]] => ['int32', values]
const uint = (...values: number[]): readonly [DType, number[]] => ['uint32', values]
const NUMBERS = float(nan, inf, -inf, 0, -2.5, 3)
const [LEFT, RIGHT] = [float(nan, 1, nan, inf, 2), float(1, nan, nan, inf, 3)]
const CASTS = float(nan, inf, -inf, -0.9, 2.9, -2.9, 3e9, -3e9, 5e9, 300)

/** Rules for values. */
export const EDGE_RULES: readonly EdgeRule[] = [
  rule('relu', ops.relu, [nan, inf, 0, 0, 0, 3], NUMBERS),
  rule('relu6', ops.relu6, [nan, 6, 0, 0, 0, 3], NUMBERS),
  rule('leakyRelu', (x) => ops.leakyRelu(x!, 0.5), [nan, inf, -inf, 0, -1.25, 3], NUMBERS),
  rule('hardTanh', ops.hardTanh, [nan, 1, -1, 0, -1, 1], NUMBERS),
  rule('hardSwish', ops.hardSwish, [nan, inf, 0, 0, 0, 3], float(nan, inf, -inf, 0, -4, 3)),
  rule('elu', (x) => ops.elu(x!, 1), [nan, inf, -1, 0, 3], float(nan, inf, -inf, 0, 3)),
  rule('clip', (x) => ops.clip(x!, -1, 2), [nan, 2, -1, 0, -1, 2], NUMBERS),
  rule('clip from below', (x) => ops.clip(x!, -1), [nan, inf, -1, 0, -1, 3], NUMBERS),
  rule('clip with crossed bounds', (x) => ops.clip(x!, 2, 1), [nan, 1, 1, 1, 1, 1], NUMBERS),
  rule('sign', ops.sign, [nan, 1, -1, 0, -1, 1], NUMBERS),
  rule('abs', ops.abs, [nan, inf, inf, 0, 2.5, 3], NUMBERS),
  rule('maximum', ops.maximum, [nan, nan, nan, inf, 3], LEFT, RIGHT),
  rule('minimum', ops.minimum, [nan, nan, nan, inf, 2], LEFT, RIGHT),
  rule('maximum with a number', (x) => ops.maximum(x!, 1), [nan, inf, 1, 1, 1, 3], NUMBERS),
  rule('equal', ops.equal, [0, 0, 0, 1, 0], LEFT, RIGHT),
  rule('equal to itself', (x) => ops.equal(x!, x!), [0, 1, 1, 1, 1, 1], NUMBERS),
  rule('notEqual', ops.notEqual, [1, 1, 1, 0, 1], LEFT, RIGHT),
  rule('notEqual to itself', (x) => ops.notEqual(x!, x!), [1, 0, 0, 0, 0, 0], NUMBERS),
  rule('notEqual to a number', (x) => ops.notEqual(x!, 3), [1, 1, 1, 1, 1, 0], NUMBERS),
  rule('less', ops.less, [0, 0, 0, 0, 1], LEFT, RIGHT),
  rule('lessEqual', ops.lessEqual, [0, 0, 0, 1, 1], LEFT, RIGHT),
  rule('lessEqual to itself', (x) => ops.lessEqual(x!, x!), [0, 1, 1, 1, 1, 1], NUMBERS),
  rule('greater', ops.greater, [0, 0, 0, 0, 0], LEFT, RIGHT),
  rule('greaterEqual', ops.greaterEqual, [0, 0, 0, 1, 0], LEFT, RIGHT),
  rule('greater than a number', (x) => ops.greater(x!, 0), [0, 1, 0, 0, 0, 1], NUMBERS),
  rule('isNaN', ops.isNaN, [1, 0, 0, 0, 0, 0], NUMBERS),
  rule('isFinite', ops.isFinite, [0, 0, 0, 1, 1, 1], NUMBERS),
  rule('isInf', ops.isInf, [0, 1, 1, 0, 0, 0], NUMBERS),
  rule('isNaN of integers', ops.isNaN, [0, 0], int(0, 5)),
  rule('isFinite of integers', ops.isFinite, [1, 1], int(0, 5)),
  rule('a maximum over an axis', (x) => ops.max(ops.reshape(x!, [2, 3]), 1), [nan, 3], float(1, nan, 5, -inf, 3, 2)),
  rule('a minimum over an axis', (x) => ops.min(ops.reshape(x!, [2, 3]), 1), [nan, 2], float(1, nan, 5, inf, 3, 2)),
  rule('argMax takes the first NaN', (x) => ops.argMax(ops.reshape(x!, [2, 3]), 1), [1, 1], float(9, nan, nan, -inf, 3, 3)), // prettier-ignore
  rule('argMin takes the first NaN', (x) => ops.argMin(ops.reshape(x!, [2, 3]), 1), [1, 1], float(-9, nan, nan, inf, 3, 3)), // prettier-ignore
  rule('cast to int32', (x) => ops.cast(x!, 'int32'), [0, 2147483647, LEAST, 0, 2, -2, 2147483647, LEAST, 2147483647, 300], CASTS), // prettier-ignore
  rule('cast to uint32', (x) => ops.cast(x!, 'uint32'), [0, 4294967295, 0, 0, 2, 0, 3000000000, 0, 4294967295, 300], CASTS), // prettier-ignore
  rule('cast to uint8', (x) => ops.cast(ops.cast(x!, 'uint8'), 'int32'), [0, 255, 0, 0, 2, 0, 255, 0, 255, 255], CASTS),
  rule('cast to bool', (x) => ops.cast(x!, 'bool'), [1, 1, 1, 0, 0], float(nan, inf, -0.5, 0, -0)),
  rule('cast of int32 to uint8 wraps', (x) => ops.cast(ops.cast(x!, 'uint8'), 'int32'), [255, 0, 44, 127], int(-1, 256, 300, 127)), // prettier-ignore
  rule('integer division', (x, y) => divideIntegers([x!, y!], null), [-3, 3, 0, LEAST, -3], int(-7, 7, 5, LEAST, 7), int(2, 2, 0, -1, -2)), // prettier-ignore
  rule('rem of integers', ops.rem, [-1, 1, 0, 0, 1], int(-7, 7, 5, LEAST, 7), int(2, 2, 0, -1, -2)),
  rule('mod of integers', ops.mod, [1, 1, 0, 0, -1], int(-7, 7, 5, LEAST, 7), int(2, 2, 0, -1, -2)),
  rule('mod of uint32', ops.mod, [1, 0, 1], uint(7, 5, 4294967295), uint(2, 0, 4294967294)),
  rule('mod of floats', ops.mod, [2, 0.5, -0.5, 0, nan], float(-1, 3.5, -3.5, 6, 1), float(3, 1.5, -1.5, 3, 0)),
  rule('rem of floats', ops.rem, [-1, 0.5, -0.5, 0, nan, 5], float(-1, 3.5, -3.5, 6, 1, 5), float(3, 1.5, -1.5, 3, 0, inf)), // prettier-ignore
  rule('0^0 and its neighbours', ops.pow, [1, 0, inf, 1, -8, nan, nan], float(0, 0, 0, 5, -2, -2, nan), float(0, 2, -1, 0, 3, 0.5, 1)), // prettier-ignore
  rule('shiftLeft by the low five bits', ops.shiftLeft, [1, 2, 160], int(1, 1, 5), int(32, 33, 5)),
  rule('shiftRight fills with the sign', ops.shiftRight, [-1, -1, 5], int(-1, LEAST, 5), int(31, 31, 32)),
  rule('shiftRight of uint32 fills with zeros', ops.shiftRight, [1, 1, 5], uint(4294967295, 2147483648, 5), uint(31, 31, 32)), // prettier-ignore
  rule('neg of the least int32', ops.neg, [LEAST, 5], int(LEAST, -5)),
  rule('atan2 of signed zeros', ops.atan2, [0, Math.fround(Math.PI), -Math.fround(Math.PI)], float(0, 0, -0), float(1, -1, -1)), // prettier-ignore
  rule('logarithms at the ends', (x) => ops.log(x!), [-inf, nan, inf, nan, 0], float(0, -1, inf, nan, 1)),
  rule('log1p at the ends', (x) => ops.log1p(x!), [-inf, nan, inf, nan, 0], float(-1, -2, inf, nan, 0)),
  rule('exponentials at the ends', (x) => ops.exp(x!), [0, inf, nan, 1, inf, 0], float(-inf, inf, nan, 0, 1000, -1000)),
  rule('expm1 at the ends', (x) => ops.expm1(x!), [-1, inf, nan, 0, inf, -1], float(-inf, inf, nan, 0, 1000, -1000)),
  rule('tanh at the ends', (x) => ops.tanh(x!), [-1, 1, nan, 0], float(-inf, inf, nan, 0)),
  rule('erf at the ends', (x) => ops.erf(x!), [-1, 1, nan, 0], float(-inf, inf, nan, 0)),
  rule('sigmoid at the ends', (x) => ops.sigmoid(x!), [0, 1, nan, 0.5], float(-inf, inf, nan, 0)),
  rule('softplus at the ends', (x) => ops.softplus(x!), [0, inf, nan], float(-inf, inf, nan)),
  rule('asin and acos outside their domain', (x) => ops.add(ops.asin(x!), ops.acos(x!)), [nan, nan], float(1.5, -2)),
]

const hostOf = ([dtype, values]: readonly [DType, readonly number[]]): HostArray => {
  const data = hostArrayOf(dtype, values.length)
  data.set(values)
  return { shape: [values.length], dtype, data }
}

/** What a backend gives for a rule. NaN is NaN whatever its bits, and -0 is 0. */
export async function resultOf(backend: Backend, { inputs, build }: EdgeRule): Promise<number[]> {
  const leaves = inputs.map(([dtype, values], i) => parameter({ shape: [values.length], dtype }, `x${i}`))
  const [got] = await runGraph(backend, graphOf(leaves, [build(...leaves)]), inputs.map(hostOf))
  return [...got!.data].map((value) => value + 0)
}

/** Functions that must be stable for every finite argument. */
export const STABLE: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  sigmoid: ops.sigmoid,
  softplus: ops.softplus,
  tanh: ops.tanh,
  gelu: (x) => ops.gelu(x),
  'gelu, tanh form': (x) => ops.gelu(x, { approximate: true }),
  silu: ops.silu,
  mish: ops.mish,
  logSigmoid: ops.logSigmoid,
  erf: ops.erf,
  atan: ops.atan,
  asinh: ops.asinh,
  elu: ops.elu,
  selu: ops.selu,
  celu: (x) => ops.celu(x, 0.5),
  hardSwish: ops.hardSwish,
  softsign: ops.softsign,
}

/** Those with a kink at 0, which a number that a device takes for 0 falls on. */
const KINKED: ReadonlySet<string> = new Set(['elu', 'selu', 'celu', 'softsign'])

const SIZES = [1e-40, 1e-8, 1e-3, 0.5, 1, 3, 20, 88, 104, 1e4, 3e38]

/** Arguments of all sizes for a stable function on a kind of backend. */
export function pointsFor(name: string, kind: Backend['kind']): number[] {
  const sizes = SIZES.filter((x) => x > 2 ** -126 || kind === 'cpu' || !KINKED.has(name))
  return [...sizes, ...sizes.map((x) => -x), 0]
}

/** The absolute part is for e^-88, which is subnormal and may be 0 on a device, times 88. */
const VALUES = { relative: 1e-5, ofGreatest: 0, absolute: 1e-36 }
/** A derivative of 1 - y² or y (1 - y) keeps its absolute error only where y is nearly 1. */
const SLOPES = { relative: 1e-4, ofGreatest: 0, absolute: 1e-6 }

/** What is wrong with the values and derivatives of a function of float32 on a backend; null for each that holds. */
export async function instabilities(
  backend: Backend,
  fn: (x: Tensor) => Tensor,
  points: readonly number[],
): Promise<(string | null)[]> {
  const moderate = points.filter((x) => Math.abs(x) <= 1e4) // second derivatives double the greatest ones
  const [x, z] = [points, moderate].map(({ length }) => parameter({ shape: [length], dtype: 'float32' }, 'x'))
  const slopeOf = (y: Tensor, at: Tensor): Tensor => pullback([y], [full(y.shape, 1, y.dtype)], [at])[0]!
  const y = fn(x!)
  const graph = graphOf([x!, z!], [y, slopeOf(y, x!), slopeOf(slopeOf(fn(z!), z!), z!)])
  const values = [points, moderate].map((list) => hostOf(['float32', list]))
  const expected = referenceOutputs(graph, values.map(toReference))
  const got = await runGraph(backend, graph, values)
  if (!expected.every(({ data }) => data.every(Number.isFinite))) return ['the reference is not finite']
  return got.map((output, i) => differenceOf(output, expected[i]!, i === 0 ? VALUES : SLOPES))
}

/** log1p and expm1 where they are finite. */
export const NEAR_ZERO: readonly (readonly [string, (x: Tensor) => Tensor, readonly number[]])[] = [
  ['log1p', ops.log1p, [...SIZES, ...SIZES.filter((x) => x < 1).map((x) => -x), 0, -0.9999]],
  ['expm1', ops.expm1, pointsFor('expm1', 'cpu').filter((x) => x < 88.5)],
]
