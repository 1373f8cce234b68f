// Samples of reading and writing at positions that are data, and of the sources of values: literals and coordinates.

import * as p from '../../../src/primitives/indexing.ts'
import { iota, literal } from '../../../src/primitives/literal.ts'
import { bools, casesOf, given, integers, laid, uniform } from '../sample.ts'

/** Cases by exported name. */
export const indexing = {
  gather: casesOf(p.gather, [
    { name: 'rows', inputs: [uniform([5, 3]), given([4, 0, 2, 2], 'int32')], params: null },
    { name: 'elements', inputs: [uniform([7]), integers([2, 3], 0, 6)], params: null },
    { name: 'one row by a scalar', inputs: [uniform([5, 2]), given([3], 'int32', [])], params: null },
    { name: 'clamped', inputs: [uniform([4, 2]), given([-1, 7, 2147483647, -2147483648, 3], 'int32')], params: null },
    { name: 'uint32, clamped', inputs: [uniform([4, 2]), given([0, 3, 9, 4294967295], 'uint32')], params: null },
    { name: 'no positions', inputs: [uniform([4, 2]), given([], 'int32')], params: null },
    {
      name: 'transposed',
      inputs: [laid('transposed', uniform([6, 4])), laid('transposed', integers([2, 3], 0, 5))],
      params: null,
    },
    { name: 'large', inputs: [uniform([97, 35]), integers([64], 0, 96)], params: null },
    { name: 'strided', inputs: [laid('strided', uniform([4, 3])), given([3, 0, 3], 'int32')], params: null },
    { name: 'repeated rows', inputs: [laid('repeated', uniform([4, 3])), given([3, 0, 3], 'int32')], params: null },
    { name: 'one row', inputs: [uniform([1, 3]), given([0, 0], 'int32')], params: null },
    { name: 'rows of nothing', inputs: [uniform([3, 0]), given([2, 0], 'int32')], params: null },
    { name: 'three axes', inputs: [uniform([5, 2, 3]), integers([4], 0, 4, 'uint32')], params: null },
    { name: 'int32', inputs: [integers([9, 3]), integers([5], 0, 8)], params: null },
    { name: 'bool', inputs: [bools([9]), integers([5], 0, 8)], params: null },
    { name: 'float64', inputs: [uniform([3, 2], -2, 2, 'float64'), given([1, 1], 'int32')], params: null },
  ]),
  scatterAdd: casesOf(p.scatterAdd, [
    { name: 'rows', inputs: [given([4, 0, 2, 2], 'int32'), uniform([4, 3])], params: { rows: 5 } },
    { name: 'elements', inputs: [integers([2, 3], 0, 6), uniform([2, 3])], params: { rows: 7 } },
    { name: 'a scalar position', inputs: [given([1], 'int32', []), uniform([2])], params: { rows: 3 } },
    { name: 'clamped', inputs: [given([-1, 7, 2], 'int32'), uniform([3, 2])], params: { rows: 4 } },
    { name: 'uint32, clamped', inputs: [given([1, 4294967295], 'uint32'), uniform([2, 2])], params: { rows: 3 } },
    { name: 'strided', inputs: [given([1, 1, 0], 'int32'), laid('strided', uniform([3, 2]))], params: { rows: 2 } },
    { name: 'repeated', inputs: [given([1, 1, 0], 'int32'), laid('repeated', uniform([3, 2]))], params: { rows: 2 } },
    { name: 'one row', inputs: [given([0, 0], 'int32'), uniform([2, 3])], params: { rows: 1 } },
    { name: 'nothing to add', inputs: [given([], 'int32'), uniform([0, 2])], params: { rows: 3 } },
    { name: 'no rows', inputs: [given([0, 1], 'int32'), uniform([2, 2])], params: { rows: 0 } },
    { name: 'large', inputs: [integers([130], 0, 40), uniform([130, 17])], params: { rows: 41 } },
    {
      name: 'transposed',
      inputs: [integers([3, 4], 0, 4), laid('transposed', uniform([3, 4, 2]))],
      params: { rows: 5 },
    },
    { name: 'int32 wraps', inputs: [given([1, 1], 'int32'), given([2147483647, 5], 'int32')], params: { rows: 2 } },
  ]),
  dynamicSlice: casesOf(p.dynamicSlice, [
    { name: 'rows', inputs: [uniform([6, 3]), given([2], 'int32', [])], params: { length: 3 } },
    { name: 'elements', inputs: [uniform([7]), given([1], 'uint32', [])], params: { length: 2 } },
    { name: 'clamped above', inputs: [uniform([5, 2]), given([4], 'int32', [])], params: { length: 3 } },
    { name: 'clamped below', inputs: [uniform([5, 2]), given([-3], 'int32', [])], params: { length: 2 } },
    { name: 'uint32, clamped', inputs: [uniform([5, 2]), given([4294967295], 'uint32', [])], params: { length: 2 } },
    { name: 'strided', inputs: [laid('strided', uniform([5, 2])), given([1], 'int32', [])], params: { length: 3 } },
    { name: 'repeated rows', inputs: [laid('repeated', uniform([5, 2])), given([1], 'int32', [])], params: { length: 3 } }, // prettier-ignore
    { name: 'one row', inputs: [uniform([1, 3]), given([0], 'int32', [])], params: { length: 1 } },
    { name: 'all', inputs: [uniform([4]), given([0], 'int32', [])], params: { length: 4 } },
    { name: 'nothing', inputs: [uniform([4, 2]), given([1], 'int32', [])], params: { length: 0 } },
    {
      name: 'large, transposed',
      inputs: [laid('transposed', uniform([50, 33])), given([7], 'int32', [])],
      params: { length: 31 },
    },
    { name: 'int32', inputs: [integers([9, 2]), given([3], 'int32', [])], params: { length: 4 } },
  ]),
  dynamicUpdate: casesOf(p.dynamicUpdate, [
    { name: 'rows', inputs: [given([2], 'int32', []), uniform([3, 2])], params: { shape: [6, 2] } },
    { name: 'elements', inputs: [given([1], 'uint32', []), uniform([2])], params: { shape: [7] } },
    { name: 'clamped above', inputs: [given([9], 'int32', []), uniform([3, 2])], params: { shape: [5, 2] } },
    { name: 'clamped below', inputs: [given([-2], 'int32', []), uniform([3, 2])], params: { shape: [5, 2] } },
    {
      name: 'uint32, clamped',
      inputs: [given([4294967295], 'uint32', []), uniform([3, 2])],
      params: { shape: [5, 2] },
    },
    { name: 'strided', inputs: [given([1], 'int32', []), laid('strided', uniform([3, 2]))], params: { shape: [5, 2] } },
    { name: 'repeated rows', inputs: [given([1], 'int32', []), laid('repeated', uniform([3, 2]))], params: { shape: [5, 2] } }, // prettier-ignore
    { name: 'one row', inputs: [given([0], 'int32', []), uniform([1, 3])], params: { shape: [1, 3] } },
    { name: 'all', inputs: [given([0], 'int32', []), uniform([4])], params: { shape: [4] } },
    { name: 'nothing', inputs: [given([1], 'int32', []), uniform([0, 2])], params: { shape: [3, 2] } },
    {
      name: 'large',
      inputs: [given([5], 'int32', []), laid('transposed', uniform([31, 33]))],
      params: { shape: [50, 33] },
    },
    { name: 'int32', inputs: [given([3], 'int32', []), integers([4, 2])], params: { shape: [9, 2] } },
  ]),
}

/** Cases by exported name. */
export const sources = {
  literal: casesOf(literal, [
    { name: 'float32', inputs: [], params: { value: 0.1, dtype: 'float32' } },
    { name: 'float64', inputs: [], params: { value: 0.1, dtype: 'float64' } },
    { name: 'large float32', inputs: [], params: { value: 3e38, dtype: 'float32' } },
    { name: 'small float32', inputs: [], params: { value: -1.2e-38, dtype: 'float32' } },
    { name: 'int32', inputs: [], params: { value: -2147483648, dtype: 'int32' } },
    { name: 'uint32', inputs: [], params: { value: 4294967295, dtype: 'uint32' } },
    { name: 'bool', inputs: [], params: { value: 1, dtype: 'bool' } },
    { name: 'infinity', inputs: [], params: { value: -Infinity, dtype: 'float32' }, nonFinite: true },
  ]),
  iota: casesOf(iota, [
    { name: 'vector', inputs: [], params: { shape: [5], axis: 0, dtype: 'int32' } },
    { name: 'rows', inputs: [], params: { shape: [3, 4], axis: 0, dtype: 'float32' } },
    { name: 'columns', inputs: [], params: { shape: [3, 4], axis: 1, dtype: 'uint32' } },
    { name: 'middle axis', inputs: [], params: { shape: [2, 5, 3], axis: 1, dtype: 'int32' } },
    { name: 'one element', inputs: [], params: { shape: [1], axis: 0, dtype: 'float32' } },
    { name: 'empty', inputs: [], params: { shape: [0, 3], axis: 1, dtype: 'int32' } },
    { name: 'large', inputs: [], params: { shape: [37, 101], axis: 1, dtype: 'float32' } },
    { name: 'bool', inputs: [], params: { shape: [3], axis: 0, dtype: 'bool' } },
  ]),
}
