// Positions that are data: entries of src/ops/gathering.ts.

import * as ops from '../../../../src/ops/index.ts'
import type { Family, Template } from '../entry.ts'
import { ALL, fixed, form, positions, real, shapes, smooth } from '../templates.ts'

const some = real(-2, 2, { integers: [-9, 9] })
const rows: Template = shapes([[5, 3], [4]], {
  broadcast: [
    [5, 3],
    [2, 3],
  ],
  transposed: [
    [4, 3, 2],
    [2, 3],
  ],
  one: [[1, 1], [1]],
  empty: [[4, 3], [0]],
  prime: [[11, 7], [13]],
})
const columns: Template = shapes([[3, 5], [4]], {
  broadcast: [
    [3, 5],
    [2, 3],
  ],
  transposed: [
    [4, 3, 2],
    [2, 3],
  ],
  one: [[1, 1], [1]],
  empty: [[0, 3], [2]],
  prime: [[7, 11], [13]],
})
const alongRows: Template = shapes([[3, 5], [3, 4]], {
  transposed: [[4, 3, 2], [4, 5, 2]],
  one: [[1, 1], [1, 1]],
  empty: [[0, 3], [0, 2]],
  prime: [[7, 11], [7, 13]],
}) // prettier-ignore
const points: Template = shapes([[3, 4], [5, 2]], {
  transposed: [[2, 3, 2], [2, 2, 2]],
  one: [[1, 1], [1, 2]],
  empty: [[2, 3], [0, 2]],
  prime: [[3, 3, 5], [7, 2]],
}) // prettier-ignore
const scattered: Template = shapes([[4], [4, 3]], {
  transposed: [[2, 3], [2, 3, 2]],
  broadcast: [[6], [6, 2]],
  one: [[1], [1, 1]],
  empty: [[0], [0, 3]],
  prime: [[13], [13, 7]],
}) // prettier-ignore

/** Entries by name. */
export const gathering = {
  gather: smooth(
    ALL,
    ['torch.index_select', 'jnp.take', 'tf.gather'],
    form([some, positions(([x]) => x![0]!)], rows, ([x, at]) => ops.gather(x!, at!)),
    form([some, positions(([x]) => x![1]!, 'uint32')], columns, ([x, at]) => ops.gather(x!, at!, 1), { name: 'axis 1' }), // prettier-ignore
  ),
  gatherNd: smooth(ALL, [null, null, 'tf.gatherND'], form([some, fixed('int32', 0, 1)], points, ([x, at]) => ops.gatherNd(x!, at!))), // prettier-ignore
  takeAlongAxis: smooth(ALL, ['torch.take_along_dim', 'jnp.take_along_axis', null], form([some, positions(([x]) => x![1]!)], alongRows, ([x, at]) => ops.takeAlongAxis(x!, at!, 1))), // prettier-ignore
  scatterAdd: smooth(ALL, ['torch.scatter_add', 'Array.at[].add', 'tf.scatterND'], form([fixed('int32', 0, 5), some], scattered, ([at, x]) => ops.scatterAdd(at!, x!, 6))), // prettier-ignore
  dynamicSlice: smooth(
    ALL,
    ['torch.narrow', 'lax.dynamic_slice_in_dim', null],
    form([some, fixed('int32', 0, 3)], shapes([[5, 3], []], { one: [[1, 1], []], prime: [[11, 7], []], transposed: [[4, 3, 2], []], empty: [[2, 0], []] }), ([x, at]) => ops.dynamicSlice(x!, at!, Math.min(2, x!.shape[0]!))), // prettier-ignore
  ),
  embedding: smooth(['float32', 'float64'], ['F.embedding', null, null], form([some, positions(([x]) => x![0]!)], rows, ([x, at]) => ops.embedding(x!, at!))), // prettier-ignore
} satisfies Family
