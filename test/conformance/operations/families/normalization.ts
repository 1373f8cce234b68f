// Normalization and attention: entries of src/ops/normalization.ts and attention.ts. Statistics, scales and offsets are operands.

import { ArgumentError } from '../../../../src/core/errors.ts'
import * as ops from '../../../../src/ops/index.ts'
import type { Family, Template } from '../entry.ts'
import { condition, FLOATS, form, ONE, real, refusing, shapes, smooth } from '../templates.ts'

const some = real(-2, 2)
const positive = real(0.5, 2)
/** `[N, ..., C]` with the same `count` of operands `[C]`. */
const channels = (count: number): Template => {
  const all = (shape: readonly number[]): readonly (readonly number[])[] => [shape, ...Array.from({ length: count }, () => shape.slice(-1))] // prettier-ignore
  return shapes(all([4, 3, 2]), {
    transposed: all([2, 4, 4]),
    one: all([1, 1]),
    empty: all([0, 2, 2]),
    prime: all([5, 7, 3]),
  })
}
const grouped: Template = shapes([[2, 3, 4], [4], [4]], {
  one: [[1, 1, 1], [1], [1]],
  empty: [[0, 3, 4], [4], [4]],
  prime: [[3, 5, 7], [7], [7]],
}) // prettier-ignore
const single: Template = shapes([[2, 3, 4]], { one: [[1, 1, 1]], empty: [[0, 3, 4]], prime: [[3, 5, 7]] })
/** The greatest of few groups that divides the channels: 2, or 1. */
const groupsOf = (shape: readonly number[]): number => (shape.at(-1)! % 2 === 0 ? 2 : 1)

const heads: Template = shapes([[3, 2, 4], [5, 2, 4], [5, 2, 3]], {
  broadcast: [[2, 3, 4, 2], [2, 4, 2, 2], [2, 4, 2, 3]],
  one: [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
  empty: [[0, 2, 3], [4, 2, 3], [4, 2, 3]],
  prime: [[7, 3, 5], [11, 1, 5], [11, 1, 2]],
}) // prettier-ignore
const masked: Template = shapes([[3, 2, 4], [4, 2, 4], [4, 2, 3], [3, 4]], {
  one: [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1]],
  empty: [[0, 2, 3], [4, 2, 3], [4, 2, 3], [0, 4]],
  prime: [[5, 2, 3], [7, 1, 3], [7, 1, 2], [5, 7]],
}) // prettier-ignore

/** Entries by name. */
export const normalization = {
  batchStatistics: smooth(FLOATS, ['torch.var_mean', null, 'tf.moments'], form([some], channels(0), ([x]) => ({ ...ops.batchStatistics(x!) }))), // prettier-ignore
  batchNorm: smooth(
    FLOATS,
    ['F.batch_norm', 'flax.linen.BatchNorm', 'tf.batchNorm'],
    form([some, some, positive, some, some], channels(4), ([x, mean, variance, scale, offset]) => ops.batchNorm(x!, { mean: mean!, variance: variance!, scale: scale!, offset: offset! })),
    form([some], channels(0), ([x]) => ops.batchNorm(x!, ops.batchStatistics(x!)), { name: 'of the batch' }),
  ), // prettier-ignore
  layerNorm: smooth(
    FLOATS,
    ['F.layer_norm', 'flax.linen.LayerNorm', null],
    form([some, some, some], channels(2), ([x, scale, offset]) => ops.layerNorm(x!, { scale: scale!, offset: offset! })), // prettier-ignore
    form([some], ONE, ([x]) => ops.layerNorm(x!, { axes: [-1, -2], epsilon: 1e-3 }), { name: 'two axes' }),
  ),
  groupNorm: smooth(
    FLOATS,
    ['F.group_norm', 'flax.linen.GroupNorm', null],
    form([some, some, some], grouped, ([x, scale, offset]) => ops.groupNorm(x!, groupsOf(x!.shape), { scale: scale!, offset: offset! })),
    form([some], single, ([x]) => ops.groupNorm(x!, 1), { name: 'one group' }),
    form([some], single, ([x]) => ops.groupNorm(x!, x!.shape.at(-1)! + 1), { name: 'too many groups', refuses: refusing(ArgumentError) }),
  ), // prettier-ignore
  instanceNorm: smooth(FLOATS, ['F.instance_norm', 'flax.linen.InstanceNorm', null], form([some, some, some], grouped, ([x, scale, offset]) => ops.instanceNorm(x!, { scale: scale!, offset: offset! }))), // prettier-ignore
  rmsNorm: smooth(FLOATS, ['F.rms_norm', 'flax.linen.RMSNorm', null], form([some, some], channels(1), ([x, scale]) => ops.rmsNorm(x!, { scale: scale! }))), // prettier-ignore
  attention: smooth(
    FLOATS,
    ['F.scaled_dot_product_attention', 'jax.nn.dot_product_attention', null],
    form([some, some, some], heads, ([q, k, v]) => ops.attention(q!, k!, v!)),
    form([some, some, some], heads, ([q, k, v]) => ops.attention(q!, k!, v!, { causal: true, scale: 0.7 }), { name: 'causal' }), // prettier-ignore
    form([some, some, some, condition], masked, ([q, k, v, mask]) => ops.attention(q!, k!, v!, { mask: mask! }), { name: 'masked' }), // prettier-ignore
    form([some, some, some, some], masked, ([q, k, v, mask]) => ops.attention(q!, k!, v!, { mask: mask! }), { name: 'biased' }), // prettier-ignore
  ),
} satisfies Family
