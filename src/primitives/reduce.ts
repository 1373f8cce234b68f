// Products and extremes over axes, and where the extremes are. Sums are in broadcast.ts.

import { isFloating } from '../core/dtype.ts'
import { otherAxes, sizeOf } from '../core/shape.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { roundTo } from '../ir/scalar.ts'
import type { ReferenceArray, Tensor, VjpContext } from '../ir/tensor.ts'
import { sum, unreduce } from './broadcast.ts'
import { runningProduct } from './cumulative.ts'
import { cast, div, equal, mul } from './elementwise.ts'
import { type Axes, keptShape, reduceLowering, reduceReference, reduceShape, withoutSingles } from './reduction.ts'
import { stored } from './stored.ts'
import { reshape, transpose } from './structural.ts'

/** The product, of integers modulo 2^32. */
const product = (x: ReferenceArray): ((values: readonly number[]) => number) =>
  isFloating(x.dtype)
    ? (values) => values.reduce((a, b) => a * b, 1)
    : (values) => roundTo(x.dtype, values.reduce(Math.imul, 1))

/** The product of all factors but each one: of those before it by those after it. Never a quotient, so zeros are no exception. */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const permutation = [...otherAxes(x.shape, axes), ...axes]
  const moved = transpose([x], { permutation })
  const kept = keptShape(x.shape, axes)
  const factors = reshape([moved], { shape: [...kept, sizeOf(moved.shape.slice(kept.length))] })
  const before = runningProduct(factors, { exclusive: true })
  const after = runningProduct(factors, { exclusive: true, reverse: true })
  const others = reshape([mul([before, after], null)], { shape: moved.shape })
  return transpose([others], { permutation: permutation.map((_, axis) => permutation.indexOf(axis)) })
}

/** Product over `axes`; 1 over an empty axis. */
export const prod: PrimitiveFunction<Axes> = definePrimitive({
  name: 'prod',
  shape: ([x], { axes }) => reduceShape('prod', x!, axes, x!.dtype, true),
  reference: ([x], { axes }) => reduceReference(x!, axes, product(x!)),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'prod'),
  vjp: ({ inputs: [x], params: { axes }, cotangent }) => [
    mul([unreduce(cotangent, x!, axes), productOfOthers(x!, axes)], null),
  ],
  rewrite: ([x], { axes }) => withoutSingles(x!, axes, prod),
})

/**
 * d max(x) flows to the greatest elements, in equal parts among ties. `extreme` is taken again of a stored x: an x computed twice may be
 * rounded in two ways, and then nothing would equal the extreme.
 */
const extremeVjp =
  (extremeOf: (x: Tensor, params: Axes) => Tensor) =>
  ({ inputs, params, cotangent }: VjpContext<Axes>): Tensor[] => {
    const x = stored([inputs[0]!], null)
    const hits = cast([equal([x, unreduce(extremeOf(x, params), x, params.axes)], null)], { dtype: x.dtype })
    const share = div([cotangent, sum([hits], params)], null)
    return [mul([hits, unreduce(share, x, params.axes)], null)]
  }

const greatest = (values: readonly number[]): number => values.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b))
const least = (values: readonly number[]): number => values.reduce((a, b) => (Number.isNaN(a) || a < b ? a : b))

const firstOf = (values: readonly number[], value: number): number =>
  values.findIndex((other) => Object.is(other, value) || other === value)

/** Greatest element over `axes`. */
export const reduceMax: PrimitiveFunction<Axes> = definePrimitive({
  name: 'max',
  shape: ([x], { axes }) => reduceShape('max', x!, axes, x!.dtype, false),
  reference: ([x], { axes }) => reduceReference(x!, axes, greatest),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'max'),
  vjp: extremeVjp((x, params) => reduceMax([x], params)),
  rewrite: ([x], { axes }) => withoutSingles(x!, axes, reduceMax),
})

/** Least element over `axes`. */
export const reduceMin: PrimitiveFunction<Axes> = definePrimitive({
  name: 'min',
  shape: ([x], { axes }) => reduceShape('min', x!, axes, x!.dtype, false),
  reference: ([x], { axes }) => reduceReference(x!, axes, least),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'min'),
  vjp: extremeVjp((x, params) => reduceMin([x], params)),
  rewrite: ([x], { axes }) => withoutSingles(x!, axes, reduceMin),
})

/** int32 index of the first greatest element along one axis. */
export const argMax: PrimitiveFunction<Axes> = definePrimitive({
  name: 'argMax',
  differentiable: false,
  shape: ([x], { axes }) => reduceShape('argMax', x!, axes, 'int32', false),
  reference: ([x], { axes }) => reduceReference(x!, axes, (values) => firstOf(values, greatest(values))),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'argmax'),
  vjp: () => [null],
})

/** int32 index of the first least element along one axis. */
export const argMin: PrimitiveFunction<Axes> = definePrimitive({
  name: 'argMin',
  differentiable: false,
  shape: ([x], { axes }) => reduceShape('argMin', x!, axes, 'int32', false),
  reference: ([x], { axes }) => reduceReference(x!, axes, (values) => firstOf(values, least(values))),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'argmin'),
  vjp: () => [null],
})
