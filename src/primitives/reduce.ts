// Extremes over axes and where they are.

import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import type { Tensor, VjpContext } from '../ir/tensor.ts'
import { sum, unreduce } from './broadcast.ts'
import { cast, div, equal, mul } from './elementwise.ts'
import { type Axes, reduceLowering, reduceReference, reduceShape } from './reduction.ts'

/** d max(x) flows to the greatest elements, in equal parts among ties. */
function extremeVjp({ inputs, output, params, cotangent }: VjpContext<Axes>): Tensor[] {
  const x = inputs[0]!
  const hits = cast([equal([x, unreduce(output, x, params.axes)], null)], { dtype: x.dtype })
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
  vjp: extremeVjp,
})

/** Least element over `axes`. */
export const reduceMin: PrimitiveFunction<Axes> = definePrimitive({
  name: 'min',
  shape: ([x], { axes }) => reduceShape('min', x!, axes, x!.dtype, false),
  reference: ([x], { axes }) => reduceReference(x!, axes, least),
  lower: ([x], { axes }) => reduceLowering(x!, axes, 'min'),
  vjp: extremeVjp,
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
