// Samples of sorting: keys, ranks, orders, merges, and elements in an order.

import type { DType } from '../../../src/core/dtype.ts'
import * as p from '../../../src/primitives/order.ts'
import { bools, casesOf, given, integers, laid, type Operand, type Sample, uniform } from '../sample.ts'

const keyed = (name: string, operand: Operand, descending = false): Sample<{ descending: boolean }> => ({
  name: descending ? `${name}, descending` : name,
  inputs: [operand],
  params: { descending },
})
/** Both directions of what one dtype has at its ends. */
const ends = (dtype: DType, values: readonly number[]): Sample<{ descending: boolean }>[] =>
  [false, true].map((descending) => keyed(`${dtype} at its ends`, given(values, dtype), descending))

const SUBNORMAL = 2 ** -149

const blocked = (name: string, operand: Operand, block = 4): Sample<{ block: number }> => ({
  name,
  inputs: [operand],
  params: { block },
})

/** Every row of `rows` is a permutation of `0 .. extent - 1`, the same in all: `i · step mod extent`. */
const permutation = (rows: number, extent: number, step: number): Operand =>
  given(Array.from({ length: rows * extent }, (_, i) => (i * step) % extent), 'int32', [rows, extent]) // prettier-ignore

const ordered = (name: string, x: Operand, order: Operand): Sample<null> => ({ name, inputs: [x, order], params: null })

/** Keys that ascend within runs of `length`, with ties across runs, and the order that leaves them where they are. */
const runs = (name: string, shape: readonly [number, number], length: number): Sample<{ length: number }> => {
  const [rows, extent] = shape
  const values = Array.from({ length: rows * extent }, (_, i) => Math.floor(((i % extent) % length) / 2) * 3 + (Math.floor((i % extent) / length) % 2)) // prettier-ignore
  return { name, inputs: [given(values, 'int32', shape), permutation(rows, extent, 1)], params: { length } }
}

/** Cases by exported name. */
export const order = {
  sortKey: casesOf(p.sortKey, [
    keyed('numbers', uniform([3, 4])),
    keyed('numbers', uniform([3, 4]), true),
    ...ends('float32', [-0, 0, 1, -1, 3.4028234663852886e38, -3.4028234663852886e38, 2 ** -126, -(2 ** -126)]),
    ...ends('int32', [0, 1, -1, 2147483647, -2147483648]),
    ...ends('uint32', [0, 1, 2147483647, 2147483648, 4294967295]),
    keyed('float64', given([1, -0.5, 0, 1e300], 'float64')),
    keyed('float64', given([1, -0.5, 0, 1e300], 'float64'), true),
    keyed('bool', bools([7])),
    keyed('bool', bools([7]), true),
    keyed('scalar', uniform([])),
    keyed('nothing', uniform([0, 3])),
    { ...keyed('not finite', given([NaN, Infinity, -Infinity, 1, SUBNORMAL, -SUBNORMAL])), nonFinite: true },
    { ...keyed('not finite', given([NaN, Infinity, -Infinity, 1, SUBNORMAL, -SUBNORMAL]), true), nonFinite: true },
    { ...keyed('float64, not finite', given([NaN, Infinity, -Infinity], 'float64')), nonFinite: true },
  ]),
  rankInBlocks: casesOf(p.rankInBlocks, [
    blocked('one block', integers([2, 4])),
    blocked('several blocks', integers([3, 12])),
    blocked('a last block that is shorter', integers([2, 11])),
    blocked('fewer elements than a block', integers([3, 2])),
    blocked('ties', integers([2, 9], 0, 1)),
    blocked('a block of 128', integers([2, 200], -20, 20), 128),
    blocked('transposed', laid('transposed', integers([5, 7]))),
    blocked('one element', integers([1])),
    blocked('nothing', integers([2, 0])),
    blocked('no rows', integers([0, 3])),
    blocked('float64', uniform([2, 7], -2, 2, 'float64')),
    { ...blocked('NaN last', given([NaN, 1, NaN, Infinity, -Infinity, NaN], 'float64'), 8), nonFinite: true },
  ]),
  orderInBlocks: casesOf(p.orderInBlocks, [
    blocked('one block', given([2, 0, 3, 1], 'int32')),
    blocked('several blocks', given([2, 0, 3, 1, 1, 0, 2, 3], 'int32', [8])),
    blocked('a last block that is shorter', given([2, 0, 3, 1, 1, 0, 0, 1, 2, 3, 0, 1], 'int32', [2, 6])),
    blocked('fewer elements than a block', permutation(3, 3, 2)),
    blocked('a block of 128', permutation(2, 101, 17), 128),
    blocked('uint32', given([2, 0, 1], 'uint32')),
    blocked('nothing', integers([2, 0])),
  ]),
  mergeRuns: casesOf(p.mergeRuns, [
    runs('two runs', [2, 8], 4),
    runs('runs of one', [3, 5], 1),
    runs('a last run that is shorter', [2, 7], 4),
    runs('a last run without a partner', [2, 11], 4),
    runs('one run alone', [2, 3], 4),
    runs('several pairs', [2, 64], 8),
    runs('long runs', [1, 300], 128),
    runs('nothing', [2, 0], 4),
    {
      ...runs('NaN last', [1, 8], 4),
      inputs: [given([1, 2, NaN, NaN, 0, 2, Infinity, NaN], 'float64', [1, 8]), permutation(1, 8, 1)],
      nonFinite: true,
    },
  ]),
  permute: casesOf(p.permute, [
    ordered('rows', uniform([3, 4]), given([3, 1, 0, 2, 0, 1, 2, 3, 1, 0, 3, 2], 'int32', [3, 4])),
    ordered('a vector', uniform([5]), given([4, 0, 3, 1, 2], 'int32')),
    ordered('three axes', uniform([2, 2, 3]), given([2, 0, 1, 0, 1, 2, 1, 0, 2, 2, 1, 0], 'int32', [2, 2, 3])),
    ordered('one element', uniform([1]), given([0], 'int32')),
    ordered('nothing', uniform([2, 0]), given([], 'int32', [2, 0])),
    ordered('prime extents', uniform([3, 31]), permutation(3, 31, 7)),
    ordered('transposed', laid('transposed', uniform([3, 5])), permutation(3, 5, 2)),
    ordered('strided', laid('strided', uniform([3, 5])), permutation(3, 5, 3)),
    ordered('repeated rows', laid('repeated', uniform([3, 5])), permutation(3, 5, 2)),
    ordered('more than a block', uniform([2, 139]), permutation(2, 139, 50)),
    ordered('uint32 order', uniform([3]), given([2, 0, 1], 'uint32')),
    ordered('int32', integers([4]), given([2, 0, 1, 3], 'int32')),
    ordered('bool', bools([4]), given([2, 0, 1, 3], 'int32')),
    ordered('float64', uniform([4], -2, 2, 'float64'), given([2, 0, 1, 3], 'int32')),
  ]),
}
