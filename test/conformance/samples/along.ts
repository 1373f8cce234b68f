// Samples of reading and writing along one axis at positions that differ from row to row.

import * as p from '../../../src/primitives/along.ts'
import { bools, casesOf, given, integers, laid, uniform } from '../sample.ts'

/** Cases by exported name. */
export const along = {
  pick: casesOf(p.pick, [
    { name: 'one per row', inputs: [uniform([4, 3]), given([2, 0, 1, 2], 'int32')], params: null },
    { name: 'two leading axes', inputs: [uniform([2, 3, 5]), integers([2, 3], 0, 4)], params: null },
    { name: 'a vector', inputs: [uniform([7]), given([3], 'int32', [])], params: null },
    { name: 'clamped', inputs: [uniform([3, 2]), given([-1, 2147483647, 1], 'int32')], params: null },
    { name: 'uint32, clamped', inputs: [uniform([3, 2]), given([0, 4294967295, 1], 'uint32')], params: null },
    {
      name: 'transposed',
      inputs: [laid('transposed', uniform([3, 4, 5])), laid('transposed', integers([3, 4], 0, 4))],
      params: null,
    },
    { name: 'strided', inputs: [laid('strided', uniform([3, 4])), given([3, 0, 2], 'int32')], params: null },
    { name: 'repeated rows', inputs: [laid('repeated', uniform([3, 4])), given([1, 3, 1], 'int32')], params: null },
    { name: 'one class', inputs: [uniform([5, 1]), given([0, 0, 0, 0, 0], 'int32')], params: null },
    { name: 'no rows', inputs: [uniform([0, 4]), given([], 'int32')], params: null },
    { name: 'no rows of no classes', inputs: [uniform([0, 0]), given([], 'int32')], params: null },
    { name: 'prime extents', inputs: [uniform([97, 31]), integers([97], 0, 30)], params: null },
    { name: 'rank 8', inputs: [uniform([1, 2, 1, 2, 1, 2, 1, 3]), integers([1, 2, 1, 2, 1, 2, 1], 0, 2)], params: null }, // prettier-ignore
    { name: 'int32', inputs: [integers([4, 3]), given([2, 0, 1, 2], 'int32')], params: null },
    { name: 'bool', inputs: [bools([4, 3]), given([2, 0, 1, 2], 'int32')], params: null },
    { name: 'float64', inputs: [uniform([3, 4], -2, 2, 'float64'), given([1, 3, 0], 'int32')], params: null },
  ]),
  place: casesOf(p.place, [
    { name: 'one per row', inputs: [given([2, 0, 1, 2], 'int32'), uniform([4])], params: { extent: 3 } },
    { name: 'two leading axes', inputs: [integers([2, 3], 0, 4), uniform([2, 3])], params: { extent: 5 } },
    { name: 'a scalar', inputs: [given([3], 'int32', []), uniform([])], params: { extent: 7 } },
    { name: 'clamped', inputs: [given([-1, 2147483647, 1], 'int32'), uniform([3])], params: { extent: 2 } },
    { name: 'uint32, clamped', inputs: [given([0, 4294967295, 1], 'uint32'), uniform([3])], params: { extent: 2 } },
    {
      name: 'transposed',
      inputs: [laid('transposed', integers([3, 4], 0, 4)), laid('transposed', uniform([3, 4]))],
      params: { extent: 5 },
    },
    { name: 'strided', inputs: [given([3, 0, 2], 'int32'), laid('strided', uniform([3]))], params: { extent: 4 } },
    { name: 'repeated', inputs: [given([1, 3, 1], 'int32'), laid('repeated', uniform([3]))], params: { extent: 4 } },
    { name: 'one class', inputs: [given([0, 0], 'int32'), uniform([2])], params: { extent: 1 } },
    { name: 'no rows', inputs: [given([], 'int32'), uniform([0])], params: { extent: 4 } },
    { name: 'no classes', inputs: [given([0, 1], 'int32'), uniform([2])], params: { extent: 0 } },
    { name: 'prime extents', inputs: [integers([97], 0, 30), uniform([97])], params: { extent: 31 } },
    { name: 'int32', inputs: [given([2, 0], 'int32'), integers([2])], params: { extent: 3 } },
    { name: 'bool', inputs: [given([2, 0, 1], 'int32'), bools([3])], params: { extent: 3 } },
    { name: 'float64', inputs: [given([1, 3], 'int32'), uniform([2], -2, 2, 'float64')], params: { extent: 4 } },
  ]),
  takeAlong: casesOf(p.takeAlong, [
    { name: 'rows', inputs: [uniform([4, 3]), integers([2, 3], 0, 3)], params: { axis: 0 } },
    { name: 'columns, repeated positions', inputs: [uniform([2, 3]), given([2, 2, 2, 0, 1, 1, 0, 2], 'int32', [2, 4])], params: { axis: 1 } }, // prettier-ignore
    { name: 'a middle axis', inputs: [uniform([2, 5, 3]), integers([2, 4, 3], 0, 4)], params: { axis: 1 } },
    { name: 'clamped', inputs: [uniform([3]), given([-1, 7, 2147483647, -2147483648], 'int32')], params: { axis: 0 } },
    { name: 'uint32, clamped', inputs: [uniform([3]), given([1, 4294967295], 'uint32')], params: { axis: 0 } },
    {
      name: 'transposed',
      inputs: [laid('transposed', uniform([4, 3])), laid('transposed', integers([4, 5], 0, 2))],
      params: { axis: 1 },
    },
    { name: 'strided', inputs: [laid('strided', uniform([4, 3])), integers([4, 2], 0, 2)], params: { axis: 1 } },
    { name: 'repeated rows', inputs: [laid('repeated', uniform([4, 3])), integers([4, 2], 0, 2)], params: { axis: 1 } },
    { name: 'extent 1', inputs: [uniform([1, 3]), given([0, 0, 0], 'int32', [1, 3])], params: { axis: 0 } },
    { name: 'no positions', inputs: [uniform([4, 2]), given([], 'int32', [0, 2])], params: { axis: 0 } },
    { name: 'prime extents', inputs: [uniform([31, 13]), integers([17, 13], 0, 30)], params: { axis: 0 } },
    { name: 'int32', inputs: [integers([4]), given([3, 1], 'int32')], params: { axis: 0 } },
    { name: 'bool', inputs: [bools([4]), given([3, 1], 'int32')], params: { axis: 0 } },
    { name: 'float64', inputs: [uniform([4], -2, 2, 'float64'), given([3, 1, 3], 'int32')], params: { axis: 0 } },
  ]),
  addAlong: casesOf(p.addAlong, [
    { name: 'rows', inputs: [integers([4, 3], 0, 2), uniform([4, 3])], params: { axis: 0, extent: 3 } },
    { name: 'columns', inputs: [given([2, 2, 2, 0, 1, 1, 0, 2], 'int32', [2, 4]), uniform([2, 4])], params: { axis: 1, extent: 3 } }, // prettier-ignore
    { name: 'a middle axis', inputs: [integers([2, 4, 3], 0, 4), uniform([2, 4, 3])], params: { axis: 1, extent: 5 } },
    { name: 'clamped', inputs: [given([-1, 7, 2147483647], 'int32'), uniform([3])], params: { axis: 0, extent: 3 } },
    { name: 'uint32, clamped', inputs: [given([1, 4294967295], 'uint32'), uniform([2])], params: { axis: 0, extent: 3 } }, // prettier-ignore
    {
      name: 'transposed',
      inputs: [laid('transposed', integers([4, 5], 0, 2)), laid('transposed', uniform([4, 5]))],
      params: { axis: 1, extent: 3 },
    },
    { name: 'strided', inputs: [integers([4, 2], 0, 2), laid('strided', uniform([4, 2]))], params: { axis: 1, extent: 3 } }, // prettier-ignore
    { name: 'repeated', inputs: [integers([4, 2], 0, 2), laid('repeated', uniform([4, 2]))], params: { axis: 1, extent: 3 } }, // prettier-ignore
    { name: 'extent 1', inputs: [given([0, 0], 'int32'), uniform([2])], params: { axis: 0, extent: 1 } },
    { name: 'nothing to add', inputs: [given([], 'int32', [0, 2]), uniform([0, 2])], params: { axis: 0, extent: 3 } },
    { name: 'extent 0', inputs: [given([0, 1], 'int32'), uniform([2])], params: { axis: 0, extent: 0 } },
    { name: 'prime extents', inputs: [integers([17, 13], 0, 30), uniform([17, 13])], params: { axis: 0, extent: 31 } },
    { name: 'int32 wraps', inputs: [given([1, 1], 'int32'), given([2147483647, 5], 'int32')], params: { axis: 0, extent: 2 } }, // prettier-ignore
    { name: 'float64', inputs: [given([1, 1], 'int32'), uniform([2], -2, 2, 'float64')], params: { axis: 0, extent: 3 } }, // prettier-ignore
  ]),
}
