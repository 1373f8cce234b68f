// Samples of running sums inside a block, and of values that get memory of their own.

import { cumsum } from '../../../src/primitives/cumulative.ts'
import { stored } from '../../../src/primitives/stored.ts'
import { casesOf, given, integers, laid, type Operand, type Sample, uniform } from '../sample.ts'

const one = (name: string, operand: Operand): Sample<null> => ({ name, inputs: [operand], params: null })

const common: Sample<null>[] = [
  one('vector', uniform([7])),
  one('rows', uniform([3, 4])),
  one('three axes', uniform([2, 3, 5])),
  one('rank 8', uniform([1, 2, 1, 1, 2, 1, 1, 3])),
  one('extent 1', uniform([4, 1])),
  one('no elements', uniform([3, 0])),
  one('no rows', uniform([0, 3])),
  one('prime extents', uniform([13, 61])),
  one('transposed', laid('transposed', uniform([4, 6]))),
  one('strided', laid('strided', uniform([3, 4]))),
  one('flipped', laid('flipped', uniform([2, 5]))),
  one('repeated rows', laid('repeated', uniform([3, 4]))),
  one('int32', integers([5, 8], -99, 99)),
  one('uint32', integers([3, 4], 0, 9, 'uint32')),
  one('float64', uniform([2, 3], -2, 2, 'float64')),
  { ...one('not finite', given([1, NaN, 2, Infinity, 0, 1, Infinity, -Infinity, 0], 'float32', [3, 3])), nonFinite: true }, // prettier-ignore
]

/** Cases by exported name. */
export const cumulative = {
  cumsum: casesOf(cumsum, [
    ...common,
    one('int32 wraps', given([2147483647, 1, 2147483647], 'int32')),
    one('uint32 wraps', given([4294967295, 2, 4294967295], 'uint32')),
    one('sums that cancel', given([1000, -1000, 3, 1000, -1000, -3], 'float32')),
  ]),
  stored: casesOf(stored, [...common, one('scalar', uniform([])), one('signed zeros', given([-0, 0], 'float32'))]),
}
