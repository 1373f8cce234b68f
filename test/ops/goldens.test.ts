// PyTorch's values and vector-Jacobian products of single operations (test/goldens/ops.json) through the public ops, in float64
// on the CPU backend.

import { expect, test } from 'vitest'
import { vjp } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { softplus } from '../../src/ops/activations.ts'
import * as arithmetic from '../../src/ops/arithmetic.ts'
import { meanSquaredError, softmaxCrossEntropy } from '../../src/ops/losses.ts'
import * as reductions from '../../src/ops/reductions.ts'
import * as linalg from '../../src/ops/linalg.ts'
import * as gathering from '../../src/ops/gathering.ts'
import * as shaping from '../../src/ops/shaping.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { type OpGolden, opGoldens } from '../goldens/read.ts'

/** Goldens that no op covers, and why. */
const NOT_COVERED: Readonly<Record<string, string>> = {
  gelu: 'the goldens are of the exact form, which needs erf; gelu has the tanh form only',
}

type Params = OpGolden['params']
type Op = (inputs: readonly Tensor[], params: Params) => Tensor

const numbers = (params: Params, name: string): readonly number[] => {
  const value = params[name]
  if (!Array.isArray(value)) throw new Error(`the golden has no list ${name}`)
  return value.map(Number)
}
const pairs = (params: Params, name: string): [number, number][] => {
  const value = params[name]
  if (!Array.isArray(value)) throw new Error(`the golden has no list ${name}`)
  return value.map((pair: number | readonly number[]) => (typeof pair === 'number' ? [pair, 0] : [pair[0]!, pair[1]!]))
}
const reduction = (params: Params): 'mean' | 'sum' | 'none' => {
  const value = params['reduction'] ?? 'mean'
  if (value !== 'mean' && value !== 'sum' && value !== 'none') throw new Error(`unknown reduction ${String(value)}`)
  return value
}

const unary =
  (op: (x: Tensor) => Tensor): Op =>
  ([x]) =>
    op(x!)
const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): Op =>
  ([a, b]) =>
    op(a!, b!)
const overAxes =
  (op: (x: Tensor, axes: readonly number[], keepDims: boolean) => Tensor): Op =>
  ([x], params) =>
    op(x!, numbers(params, 'axis'), params['keepDims'] === true)
const overAxis =
  (op: (x: Tensor, axis: number) => Tensor): Op =>
  ([x], params) =>
    op(x!, Number(params['axis']))

const { add, sub, mul, div, pow, maximum, minimum, where } = arithmetic

const OPS: Readonly<Record<string, Op>> = {
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div),
  pow: binary(pow),
  maximum: binary(maximum),
  minimum: binary(minimum),
  where: ([condition, x, y]) => where(condition!, x!, y!),
  neg: unary(arithmetic.neg),
  exp: unary(arithmetic.exp),
  log: unary(arithmetic.log),
  sqrt: unary(arithmetic.sqrt),
  tanh: unary(arithmetic.tanh),
  sigmoid: unary(arithmetic.sigmoid),
  relu: unary(arithmetic.relu),
  abs: unary(arithmetic.abs),
  sin: unary(arithmetic.sin),
  cos: unary(arithmetic.cos),
  softplus: unary(softplus),
  leakyRelu: ([x], params) => arithmetic.leakyRelu(x!, Number(params['negativeSlope'])),
  matmul: ([a, b], params) =>
    linalg.matmul(a!, b!, {
      transposeA: params['transposeA'] === true,
      transposeB: params['transposeB'] === true,
    }),
  sum: overAxes(reductions.sum),
  mean: overAxes(reductions.mean),
  max: overAxes(reductions.max),
  min: overAxes(reductions.min),
  softmax: overAxis(reductions.softmax),
  logSoftmax: overAxis(reductions.logSoftmax),
  crossEntropy: ([logits, labels], params) => softmaxCrossEntropy(logits!, labels!, { reduction: reduction(params) }),
  // PyTorch's reductions are over elements, ours over samples of which each has the mean of its elements
  mseLoss: ([x, y], params) => {
    const kind = reduction(params)
    if (kind === 'none') return arithmetic.square(sub(x!, y!))
    const loss = meanSquaredError(x!, y!, { reduction: kind })
    return kind === 'sum' ? mul(loss, x!.size / x!.shape[0]!) : loss
  },
  transpose: ([x], params) => shaping.transpose(x!, numbers(params, 'permutation')),
  reshape: ([x], params) => shaping.reshape(x!, numbers(params, 'shape')),
  broadcastTo: ([x], params) => shaping.broadcastTo(x!, numbers(params, 'shape')),
  slice: ([x], params) => shaping.slice(x!, numbers(params, 'start'), numbers(params, 'stop'), numbers(params, 'step')),
  pad: ([x], params) => shaping.pad(x!, pairs(params, 'padding'), Number(params['value'])),
  flip: ([x], params) => shaping.flip(x!, numbers(params, 'axis')),
  concat: (parts, params) => shaping.concat(parts, Number(params['axis'])),
  gather: ([x, indices]) => gathering.gather(x!, indices!),
  scatterAdd: ([start, indices, updates]) => add(start!, gathering.scatterAdd(indices!, updates!, start!.shape[0]!)),
}

/** Entries must agree to 1e-9 of the greater of the expected entry and 1e-3 of the greatest expected entry. */
function expectClose(what: string, actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length, what).toBe(expected.length)
  const scale = 1e-3 * Math.max(...expected.map(Math.abs))
  expected.forEach((value, i) => {
    const tolerance = 1e-9 * Math.max(Math.abs(value), scale)
    expect(Math.abs(actual[i]! - value), `${what}[${i}]: ${actual[i]} against ${value}`).toBeLessThanOrEqual(tolerance)
  })
}

const covered = opGoldens().filter(({ op }) => op in OPS)

test('every golden is covered, or listed with the reason why not', () => {
  const others = new Set(
    opGoldens()
      .map(({ op }) => op)
      .filter((op) => !(op in OPS)),
  )
  expect([...others]).toEqual(Object.keys(NOT_COVERED))
})

test.each(covered.map((golden) => [golden.name, golden] as const))('PyTorch agrees on %s', async (_, golden) => {
  const inputs = golden.inputs.map(({ shape, dtype, data }) =>
    tensor(Float64Array.from(data), { shape, dtype: dtype === 'float32' ? 'float64' : dtype }),
  )
  const floats = inputs.filter((input) => input.dtype === 'float64')
  const { output, pullback } = vjp(
    (...primals: Tensor[]) => {
      const left = [...primals]
      return OPS[golden.op]!(
        inputs.map((input) => (input.dtype === 'float64' ? left.shift()! : input)),
        golden.params,
      )
    },
    ...floats,
  )
  expect([output.dtype, output.shape]).toEqual(['float64', golden.output.shape])
  expectClose('value', await readData(output), golden.output.data)

  const cotangent = tensor(Float64Array.from(golden.cotangent.data), { shape: golden.output.shape, dtype: 'float64' })
  const gradients = pullback(cotangent)
  const wanted = golden.gradients.filter((gradient) => gradient !== null)
  expect(gradients.length).toBe(wanted.length)
  for (const [i, gradient] of gradients.entries()) {
    expect(gradient.shape).toEqual(wanted[i]!.shape)
    expectClose(`gradient ${i}`, await readData(gradient), wanted[i]!.data)
  }
})
