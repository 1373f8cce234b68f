// Samples of the reductions over axes.

import { sum } from '../../../src/primitives/broadcast.ts'
import { argMax, argMin, prod, reduceMax, reduceMin } from '../../../src/primitives/reduce.ts'
import type { Axes } from '../../../src/primitives/reduction.ts'
import { casesOf, distinct, given, integers, laid, type Operand, type Sample, uniform } from '../sample.ts'

const over = (name: string, operand: Operand, ...axes: number[]): Sample<Axes> => ({
  name,
  inputs: [operand],
  params: { axes },
})

/** What all reductions of numbers go through, on values without ties. */
const common: Sample<Axes>[] = [
  over('rows', distinct([3, 4]), 1),
  over('columns', distinct([3, 4]), 0),
  over('one element', distinct([1]), 0),
  over('middle axis', distinct([2, 5, 3]), 1),
  over('prime extents', distinct([7, 13]), 1),
  over('long rows', distinct([3, 769]), 1),
  over('long columns', distinct([769, 3]), 0),
  over('transposed', laid('transposed', distinct([4, 6])), 1),
  over('strided', laid('strided', distinct([3, 4])), 0),
  over('repeated rows', laid('repeated', distinct([3, 5])), 1),
  over('flipped', laid('flipped', distinct([4, 3])), 1),
  over('rank 8', distinct([1, 2, 1, 3, 1, 1, 2, 1]), 3),
  over('near ties', given([0.5, 0.5001, 0.4999, -0.5, -0.5001, -0.4999], 'float32', [2, 3]), 1),
  over('no rows', distinct([0, 3]), 1),
  over('int32', integers([5, 8], -99, 99), 1),
  over('uint32', given([4294967295, 1, 3, 2147483648], 'uint32'), 0),
  over('float64', distinct([2, 3], 0, 'float64'), 1),
]

const several: Sample<Axes>[] = [
  over('all axes', distinct([3, 5]), 0, 1),
  over('outer axes', distinct([3, 2, 4]), 0, 2),
  over('no axis', distinct([2, 3])),
  over('scalar', distinct([])),
]

const TIES = [3, 1, 3, -2, 1, -2]
const tied = (given_: readonly number[] | null): Sample<Axes> => ({
  ...over('ties', given(TIES, 'float32', [2, 3]), 0, 1),
  gradients: { given: [given_] },
})
const nonFinite: Sample<Axes> = {
  ...over('not finite', given([1, NaN, 2, Infinity, 0, 1, -Infinity, -Infinity, -Infinity], 'float32', [3, 3]), 1),
  nonFinite: true,
}
const firstOfTies: Sample<Axes> = over('first of ties', given([3, 1, 3, 1, 2, 1, 1, 2], 'float32', [2, 4]), 1)

/** Cases by exported name. */
export const reductions = {
  sum: casesOf(sum, [
    ...common.filter((sample) => sample.name !== 'uint32'),
    ...several,
    over('an empty axis', uniform([2, 0]), 1),
    over('an empty tensor', uniform([0])),
    over('a long vector', uniform([10007], 0.5, 1.5), 0),
    over('int32 wraps', given([2147483647, 1, 2147483647], 'int32'), 0),
    over('uint32 wraps', given([4294967295, 2, 4294967295], 'uint32'), 0),
    over('repeated', laid('repeated', uniform([6, 5])), 0),
    {
      ...over('not finite', given([1, NaN, 2, Infinity, 0, 1, Infinity, -Infinity, 0], 'float32', [3, 3]), 1),
      nonFinite: true,
    },
  ]),
  prod: casesOf(prod, [
    ...common.filter((sample) => !['long rows', 'long columns', 'uint32'].includes(sample.name)),
    ...several,
    over('an empty axis', uniform([2, 0]), 1),
    over('an empty tensor', uniform([0])),
    over('one zero among the factors', given([2, 0, 3, -1, 4, 5], 'float32', [2, 3]), 1),
    over('two zeros among the factors', given([2, 0, 0, -1, 0, 5], 'float32', [2, 3]), 1),
    over('nothing but zeros', given([0, 0, 0], 'float32'), 0),
    over('more factors than a block holds', uniform([71], 0.9, 1.1), 0),
    over('two axes longer than a block', uniform([2, 7, 11], 0.9, 1.1), 0, 2),
    over('repeated', laid('repeated', uniform([6, 5])), 0),
    over('int32 wraps', given([2147483647, 3, -5], 'int32'), 0),
    over('uint32 wraps', given([4294967295, 3, 4294967295], 'uint32'), 0),
    {
      ...over('not finite', given([1, NaN, 2, Infinity, 0, 1, Infinity, -Infinity, 2], 'float32', [3, 3]), 1),
      nonFinite: true,
    },
  ]),
  reduceMax: casesOf(reduceMax, [...common, ...several, tied([0.5, 0, 0.5, 0, 0, 0]), nonFinite]),
  reduceMin: casesOf(reduceMin, [...common, ...several, tied([0, 0, 0, 0.5, 0, 0.5]), nonFinite]),
  argMax: casesOf(argMax, [...common, firstOfTies, nonFinite]),
  argMin: casesOf(argMin, [...common, firstOfTies, nonFinite]),
}
