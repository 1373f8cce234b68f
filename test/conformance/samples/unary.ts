// Samples of the elementwise primitives of one operand.

import * as p from '../../../src/primitives/elementwise.ts'
import type { DType } from '../../../src/core/dtype.ts'
import type { Shape } from '../../../src/core/shape.ts'
import { apartFrom, bools, casesOf, given, integers, laid, type Operand, type Sample, uniform } from '../sample.ts'

type Make = (shape: Shape, dtype?: DType) => Operand

/** The shapes and layouts that every elementwise function of one operand goes through. */
function shapesOf(make: Make): Sample<null>[] {
  const sample = (name: string, operand: Operand): Sample<null> => ({ name, inputs: [operand], params: null })
  return [
    sample('ordinary', make([2, 3])),
    sample('scalar', make([])),
    sample('one element', make([1])),
    sample('empty', make([0, 3])),
    sample('prime extents', make([7, 13])),
    sample('large', make([33, 130])),
    sample('transposed', laid('transposed', make([5, 3, 2]))),
    sample('strided', laid('strided', make([4, 3]))),
    sample('repeated', laid('repeated', make([3, 5]))),
  ]
}

const floats = (make: Make): Sample<null>[] => [
  ...shapesOf(make),
  { name: 'float64', inputs: [make([5], 'float64')], params: null },
]
const real = (low: number, high: number, ...kinks: number[]): Make => (shape, dtype) => apartFrom(kinks, shape, low, high, dtype) // prettier-ignore
const values = (name: string, list: readonly number[], dtype: DType = 'float32'): Sample<null> => ({
  name,
  inputs: [given(list, dtype)],
  params: null,
})
const nonFinite = (list: readonly number[]): Sample<null> => ({ ...values('not finite', list), nonFinite: true })
const ints = (low: number, high: number, dtype: DType): Sample<null> => ({
  name: dtype,
  inputs: [integers([3, 11], low, high, dtype)],
  params: null,
})

const INFINITIES = [Infinity, -Infinity, NaN, 0, 1]
const HALVES = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, -0.49999997, 0.49999997, 8388609, -7]
const steps = real(-3.9, 3.9, -3, -2, -1, 0, 1, 2, 3)

const notNumbers = { inputs: [given([NaN, Infinity, -Infinity, 1])], nonFinite: true } as const

/** Cases by exported name. */
export const unary = {
  neg: casesOf(p.neg, [...floats(real(-2, 2)), ints(-9, 9, 'int32'), values('least int32', [-2147483648, 2147483647], 'int32'), values('uint32', [0, 1, 4294967295], 'uint32'), nonFinite(INFINITIES)]), // prettier-ignore
  abs: casesOf(p.abs, [
    ...floats(real(-2, 2, 0)),
    ints(-9, 9, 'int32'),
    ints(0, 9, 'uint32'),
    { ...values('kink', [0, -1, 2]), gradients: { given: [[0, -1, 1]] } },
    nonFinite(INFINITIES),
  ]),
  sign: casesOf(p.sign, [
    ...floats(real(-2, 2, 0)),
    ints(-2, 2, 'int32'),
    ints(0, 2, 'uint32'),
    { ...values('zero', [0, -1, 2]), gradients: { given: [null] } },
  ]),
  floor: casesOf(p.floor, [...floats(steps), { ...values('halves', HALVES), gradients: { given: [null] } }]),
  ceil: casesOf(p.ceil, [...floats(steps), { ...values('halves', HALVES), gradients: { given: [null] } }]),
  round: casesOf(p.round, [
    ...floats(real(-3.4, 3.4, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5)),
    { ...values('halves', HALVES), gradients: { given: [null] } },
  ]),
  trunc: casesOf(p.trunc, [...floats(steps), { ...values('halves', HALVES), gradients: { given: [null] } }, nonFinite(INFINITIES)]), // prettier-ignore
  exp: casesOf(p.exp, [...floats(real(-2, 2)), values('edges', [-80, -20, -1e-8, 0, 1e-8, 1, 9]), { ...values('large result', [60, 80, 88]), gradients: { given: [[60, 80, 88].map(Math.exp)] } }, nonFinite([...INFINITIES, 1000, -1000])]), // prettier-ignore
  expm1: casesOf(p.expm1, [
    ...floats(real(-2, 2)),
    values('edges', [-80, -20, -17, -1e-8, 0, 1e-8, 1e-3, -0.35, 0.35, 9]),
    { ...values('large result', [60, 80, 88.5]), gradients: { given: [[60, 80, 88.5].map(Math.exp)] } },
    nonFinite([...INFINITIES, 1000, -1000]),
  ]),
  log: casesOf(p.log, [
    ...floats(real(0.2, 4)),
    values('edges', [0.99999994, 1, 1.0000001, 0.5, 2, 1e5]),
    { ...values('small and large', [1e-30, 1e-10, 1e10, 1e30]), gradients: { given: [[1e30, 1e10, 1e-10, 1e-30]] } },
    nonFinite([Infinity, 0, -1, NaN]),
  ]),
  log1p: casesOf(p.log1p, [
    ...floats(real(-0.7, 3)),
    values('edges', [-0.99, -0.29, 0.41, -1e-4, 0, 1e-8, 1e5]),
    { ...values('small and large', [1e-30, -1e-10, 1e10, 1e30]), gradients: { given: [[1, 1 / (1 - 1e-10), 1e-10, 1e-30]] } }, // prettier-ignore
    nonFinite([Infinity, -1, -2, NaN]),
  ]),
  log2: casesOf(p.log2, [
    ...floats(real(0.2, 4)),
    values('edges', [0.99999994, 1, 1.0000001, 0.5, 2, 1e5]),
    { ...values('small and large', [2 ** -30, 2 ** 30]), gradients: { given: [[2 ** 30 / Math.LN2, 2 ** -30 / Math.LN2]] } }, // prettier-ignore
    nonFinite([Infinity, 0, -1, NaN]),
  ]),
  sqrt: casesOf(p.sqrt, [
    ...floats(real(0.2, 4)),
    { ...values('edges', [0.25, 1e-30, 1e30]), gradients: { given: [[1, 5e14, 5e-16]] } },
    nonFinite([Infinity, 0, -1, NaN]),
  ]),
  sin: casesOf(p.sin, [
    ...floats(real(-4, 4)),
    values('edges', [0, 1e-8, -1e-4, Math.PI / 2, Math.PI, -2 * Math.PI, 30, -30, 1e4, -99999]),
  ]),
  cos: casesOf(p.cos, [
    ...floats(real(-4, 4)),
    values('edges', [0, 1e-8, -1e-4, Math.PI / 2, Math.PI, -2 * Math.PI, 30, -30, 1e4, -99999]),
  ]),
  asin: casesOf(p.asin, [
    ...floats(real(-0.9, 0.9)),
    values('edges', [0, 1e-8, 0.5, -0.5, 0.50000006, 0.99, -0.99]),
    nonFinite([1, -1, 1.5, -2, NaN]),
  ]),
  acos: casesOf(p.acos, [
    ...floats(real(-0.9, 0.9)),
    values('edges', [0, 1e-8, 0.5, -0.5, 0.50000006, 0.99, -0.99]),
    nonFinite([1, -1, 1.5, -2, NaN]),
  ]),
  atan: casesOf(p.atan, [
    ...floats(real(-4, 4)),
    values('edges', [0, 1e-8, 1, -1, 1.0000001, 100, -1000]),
    { ...values('far out', [1e15, -1e15]), gradients: { given: [[1e-30, 1e-30]] } },
    nonFinite(INFINITIES),
  ]),
  sinh: casesOf(p.sinh, [
    ...floats(real(-2, 2)),
    values('edges', [0, 1e-8, -1e-4, 1, -1, 9]),
    { ...values('large result', [60, -88, 89.3]), gradients: { given: [[60, -88, Math.fround(89.3)].map(Math.cosh)] } },
    nonFinite(INFINITIES),
  ]),
  cosh: casesOf(p.cosh, [
    ...floats(real(-2, 2)),
    values('edges', [0, 1e-8, -1e-4, 1, -1, 9]),
    { ...values('large result', [60, -88, 89.3]), gradients: { given: [[60, -88, Math.fround(89.3)].map(Math.sinh)] } },
    nonFinite(INFINITIES),
  ]),
  tanh: casesOf(p.tanh, [
    ...floats(real(-2, 2)),
    values('edges', [0, 1e-4, -0.01, 9, -9, 50, -100]),
    nonFinite(INFINITIES),
  ]),
  asinh: casesOf(p.asinh, [
    ...floats(real(-4, 4)),
    values('edges', [0, 1e-8, -1e-4, 30, -1000, 16384, 20000]),
    { ...values('far out', [1e15, -1e15]), gradients: { given: [[1e-15, 1e-15]] } },
    nonFinite(INFINITIES),
  ]),
  acosh: casesOf(p.acosh, [
    ...floats(real(1.1, 4)),
    values('edges', [1.01, 30, 1000, 16384, 20000]),
    { ...values('far out', [1e15, 1e18]), gradients: { given: [[1e-15, 1e-18]] } },
    nonFinite([1, Infinity, 0, -5, NaN]),
  ]),
  atanh: casesOf(p.atanh, [
    ...floats(real(-0.9, 0.9)),
    values('edges', [0, 1e-8, -1e-4, 0.5, -0.5, 0.99]),
    nonFinite([1, -1, 1.5, -2, NaN]),
  ]),
  erf: casesOf(p.erf, [
    ...floats(real(-2, 2)),
    values('edges', [0, 1e-8, -1e-4, 1, -1, 3, -4, 50]),
    { ...values('far out', [1e20, -3e38]), gradients: { given: [[0, 0]] } },
    nonFinite(INFINITIES),
  ]),
  normalCdf: casesOf(p.normalCdf, [
    ...floats(real(-3, 3)),
    values('edges', [0, 1e-8, -1e-4, 1, -1, 5, -12.5, 50]),
    { ...values('far out', [1e20, -3e38]), gradients: { given: [[0, 0]] } },
    nonFinite(INFINITIES),
  ]),
  sigmoid: casesOf(p.sigmoid, [
    ...floats(real(-2, 2)),
    values('edges', [0, 1e-4, 17, -17, 80, -80]),
    nonFinite(INFINITIES),
  ]),
  softplus: casesOf(p.softplus, [
    ...floats(real(-2, 2)),
    values('edges', [0, 1e-8, -1e-4, 17, -17, 80, -80]),
    { ...values('far out', [1e30, -3e38]), gradients: { given: [[1, 0]] } },
    nonFinite(INFINITIES),
  ]),
  relu: casesOf(p.relu, [...floats(real(-2, 2, 0)), ints(-9, 9, 'int32'), ints(0, 9, 'uint32'), { ...values('kink', [0, -1, 2]), gradients: { given: [[0, 0, 1]] } }, nonFinite(INFINITIES)]), // prettier-ignore
  not: casesOf(
    p.not,
    shapesOf((shape) => bools(shape)),
  ),
  bitNot: casesOf(p.bitNot, [
    ...shapesOf((shape) => integers(shape)),
    values('uint32', [0, 1, 4294967295, 65535], 'uint32'),
  ]),
  identity: casesOf(p.identity, [
    ...floats(real(-2, 2)),
    ints(-9, 9, 'int32'),
    { name: 'bool', inputs: [bools([5])], params: null },
  ]),
  stopGradient: casesOf(p.stopGradient, floats(real(-2, 2)).map((sample) => ({ ...sample, gradients: { given: [null] } }))), // prettier-ignore
  cast: casesOf(p.cast, [
    {
      name: 'float32 to int32',
      inputs: [given([-2.9, -1, -0.5, 0, 0.5, 2.9, 1e6, 2147483520])],
      params: { dtype: 'int32' },
    },
    { name: 'float32 to uint32', inputs: [given([0, 0.5, 2.9, 1e6, 4294967040])], params: { dtype: 'uint32' } },
    { name: 'float32 to bool', inputs: [given([0, -0, 0.25, -3])], params: { dtype: 'bool' } },
    {
      name: 'float32 beyond int32',
      inputs: [given([2147483648, -2147483648, -3e38, 3e38])],
      params: { dtype: 'int32' },
    },
    {
      name: 'float32 beyond uint32',
      inputs: [given([4294967296, -0.5, -1, -3e38, 3e38])],
      params: { dtype: 'uint32' },
    },
    { name: 'float64 beyond int32', inputs: [given([2147483647.5, -2147483648.5, 1e300], 'float64')], params: { dtype: 'int32' } }, // prettier-ignore
    { ...notNumbers, name: 'not finite to int32', params: { dtype: 'int32' } },
    { ...notNumbers, name: 'not finite to uint32', params: { dtype: 'uint32' } },
    { ...notNumbers, name: 'not finite to bool', params: { dtype: 'bool' } },
    { name: 'float32 to float64', inputs: [uniform([2, 3])], params: { dtype: 'float64' } },
    { name: 'float64 to float32', inputs: [uniform([2, 3], -2, 2, 'float64')], params: { dtype: 'float32' } },
    {
      name: 'float32 to float64, transposed',
      inputs: [laid('transposed', uniform([3, 2]))],
      params: { dtype: 'float64' },
    },
    { name: 'float32 to float32', inputs: [uniform([3])], params: { dtype: 'float32' } },
    {
      name: 'int32 to float32',
      inputs: [given([-5, 0, 7, 16777216, -2147483648], 'int32')],
      params: { dtype: 'float32' },
    },
    { name: 'int32 to uint32', inputs: [given([-1, 0, 7, -2147483648], 'int32')], params: { dtype: 'uint32' } },
    { name: 'int32 to bool', inputs: [given([-1, 0, 7], 'int32')], params: { dtype: 'bool' } },
    { name: 'uint32 to int32', inputs: [given([0, 7, 4294967295, 2147483648], 'uint32')], params: { dtype: 'int32' } },
    {
      name: 'uint32 to float32',
      inputs: [given([0, 7, 4294967295, 2147483648], 'uint32')],
      params: { dtype: 'float32' },
    },
    { name: 'bool to float32', inputs: [bools([11])], params: { dtype: 'float32' } },
    { name: 'bool to int32', inputs: [bools([2, 5])], params: { dtype: 'int32' } },
    { name: 'uint8 to float32', inputs: [integers([3, 7], 0, 255, 'uint8')], params: { dtype: 'float32' } },
    { name: 'uint8 to int32', inputs: [integers([5], 0, 255, 'uint8')], params: { dtype: 'int32' } },
    {
      name: 'uint8 to uint32, transposed',
      inputs: [laid('transposed', integers([3, 5], 0, 255, 'uint8'))],
      params: { dtype: 'uint32' },
    },
    {
      name: 'uint8 to float32, strided',
      inputs: [laid('strided', integers([3, 5], 0, 255, 'uint8'))],
      params: { dtype: 'float32' },
    },
    { name: 'uint8, large', inputs: [integers([40, 28], 0, 255, 'uint8')], params: { dtype: 'float32' } },
    { name: 'empty', inputs: [integers([0, 2])], params: { dtype: 'float32' } },
  ]),
  bitcast: casesOf(p.bitcast, [
    { name: 'float32 to int32', inputs: [given([0, 1, -1, 0.1, 1e30])], params: { dtype: 'int32' } },
    { name: 'float32 to uint32', inputs: [given([0, 1, -1, 0.1, 1e30])], params: { dtype: 'uint32' } },
    { name: 'int32 to float32', inputs: [given([0, 1065353216, -1082130432], 'int32')], params: { dtype: 'float32' } },
    { name: 'uint32 to float32', inputs: [given([1065353216, 3212836864], 'uint32')], params: { dtype: 'float32' } },
    { name: 'int32 to uint32', inputs: [given([-1, 5], 'int32')], params: { dtype: 'uint32' } },
    { name: 'uint32 to uint32', inputs: [given([4294967295], 'uint32')], params: { dtype: 'uint32' } },
  ]),
}
