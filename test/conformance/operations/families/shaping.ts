// Shapes and positions: entries of src/ops/shaping.ts, indexing.ts and resize.ts. All values pass through unchanged.

import { ShapeError } from '../../../../src/core/errors.ts'
import { sizeOf } from '../../../../src/core/shape.ts'
import * as ops from '../../../../src/ops/index.ts'
import type { Family, Template } from '../entry.ts'
import { ALL, form, over, positions, real, refusing, same, shapes, smooth } from '../templates.ts'

const some = real(-2, 2, { integers: [-9, 9] })
const padding = (rank: number): [number, number][] => Array.from({ length: rank }, (_, axis) => [axis + 1, axis % 2])
const images: Template = shapes([[2, 3, 4, 1]], {
  one: [[1, 1, 1, 1]],
  empty: [[0, 3, 2, 1]],
  prime: [[1, 5, 7, 3]],
  transposed: [[2, 3, 2, 2]],
  strided: [[1, 2, 3, 2]],
})
const beside = (count: number): Template => ({ ...same(count), broadcast: Array.from({ length: count }, (_, i) => [i + 1, 4]) }) // prettier-ignore
const all = (rank: number, value: number): number[] => Array.from({ length: rank }, () => value)

/** Entries by name. */
export const shaping = {
  reshape: smooth(
    ALL,
    ['torch.reshape', 'jnp.reshape', 'tf.reshape'],
    over((x) => ops.reshape(x, [sizeOf(x.shape)]), some),
    over((x) => ops.reshape(x, [...x.shape.toReversed(), 1]), some, { name: 'reversed' }),
    over((x) => ops.reshape(x, [-1, 1]), some, { name: 'unknown extent' }),
  ),
  flatten: smooth(ALL, ['torch.flatten', 'jnp.ravel', null], over((x) => ops.flatten(x), some), over((x) => ops.flatten(x, 1), some, { name: 'from 1' })), // prettier-ignore
  transpose: smooth(
    ALL,
    ['torch.permute', 'jnp.transpose', 'tf.transpose'],
    over((x) => ops.transpose(x), some),
    over((x) => ops.transpose(x, [-1, ...x.shape.map((_, axis) => axis).slice(0, -1)]), some, { name: 'rotated' }),
  ),
  broadcastTo: smooth(ALL, ['torch.broadcast_to', 'jnp.broadcast_to', 'tf.broadcastTo'], over((x) => ops.broadcastTo(x, [2, ...x.shape]), some), over((x) => ops.broadcastTo(ops.expandDims(x, -1), [...x.shape, 3]), some, { name: 'last axis' })), // prettier-ignore
  expandDims: smooth(ALL, ['torch.unsqueeze', 'jnp.expand_dims', 'tf.expandDims'], over((x) => ops.expandDims(x, 1), some), over((x) => ops.expandDims(x, -1), some, { name: 'last' })), // prettier-ignore
  squeeze: smooth(ALL, ['torch.squeeze', 'jnp.squeeze', 'tf.squeeze'], over((x) => ops.squeeze(ops.expandDims(x, 1), 1), some), over((x) => ops.squeeze(ops.expandDims(x, 0)), some, { name: 'all' })), // prettier-ignore
  slice: smooth(
    ALL,
    ['Tensor.__getitem__', 'lax.slice', 'tf.stridedSlice'],
    over((x) => ops.slice(x, x.shape.map((extent) => Math.min(1, Math.max(0, extent - 1)))), some),
    over((x) => ops.slice(x, all(x.rank, 0), undefined, all(x.rank, 2)), some, { name: 'steps' }),
    over((x) => ops.slice(x, all(x.rank, -2), all(x.rank, -1)), some, { name: 'from the end' }),
  ), // prettier-ignore
  concat: smooth(
    ALL,
    ['torch.cat', 'jnp.concatenate', 'tf.concat'],
    form([some, some], beside(2), (parts) => ops.concat(parts)),
    form([some, some, some], same(3), (parts) => ops.concat(parts, -1), { name: 'last axis' }),
  ),
  stack: smooth(
    ALL,
    ['torch.stack', 'jnp.stack', 'tf.stack'],
    form([some, some], same(2), (parts) => ops.stack(parts)),
    form([some, some, some], same(3), (parts) => ops.stack(parts, -1), { name: 'last axis' }),
  ),
  split: smooth(
    ALL,
    ['torch.split', 'jnp.split', 'tf.split'],
    over((x) => ops.split(x, x.shape[1]!, 1), some),
    over((x) => ops.split(x, [Math.min(1, x.shape[0]!), Math.max(0, x.shape[0]! - 1)]), some, { name: 'sizes' }),
  ),
  unstack: smooth(
    ALL,
    ['torch.unbind', 'jnp.unstack', 'tf.unstack'],
    over((x) => ops.unstack(x, -1), some),
  ),
  pad: smooth(
    ALL,
    ['F.pad', 'jnp.pad', 'tf.pad'],
    over((x) => ops.pad(x, padding(x.rank)), some),
    over((x) => ops.pad(x, padding(x.rank), 3), some, { name: 'value' }),
    over((x) => ops.pad(x, x.shape.map((extent) => [Math.max(0, Math.min(2, extent - 1)), Math.max(0, Math.min(1, extent - 1))]), 'reflect'), some, { name: 'reflect' }),
    over((x) => ops.pad(x, padding(x.rank), 'edge'), some, { name: 'edge', refuses: refusing(ShapeError, 'empty') }),
  ), // prettier-ignore
  flip: smooth(ALL, ['torch.flip', 'jnp.flip', 'tf.reverse'], over((x) => ops.flip(x), some), over((x) => ops.flip(x, -1), some, { name: 'last axis' })), // prettier-ignore
  roll: smooth(ALL, ['torch.roll', 'jnp.roll', null], over((x) => ops.roll(x, 2, 0), some), over((x) => ops.roll(x, -1, -1), some, { name: 'back' })), // prettier-ignore
  tile: smooth(
    ALL,
    ['torch.tile', 'jnp.tile', 'tf.tile'],
    over((x) => ops.tile(x, all(x.rank, 2)), some),
  ),
  repeat: smooth(
    ALL,
    ['torch.repeat_interleave', 'jnp.repeat', null],
    over((x) => ops.repeat(x, 2, 1), some),
  ),
  index: smooth(
    ALL,
    ['Tensor.__getitem__', 'Array.__getitem__', null],
    over((x) => ops.index(x, '::2', -1), some),
    over((x) => ops.index(x, '...', null, { start: -1, step: -1 }), some, { name: 'reversed' }),
    form([some, positions(([x]) => x!.at(-1)!)], { ...same(2), ordinary: [[3, 4], [5]], broadcast: [[3, 4], [2, 2]], transposed: [[2, 4, 3], [2, 2]], strided: [[4, 3], [3]], one: [[1, 1], [1]], empty: [[0, 3], [2]], prime: [[7, 13], [5]], edges: [[2, 5], [4]] }, ([x, at]) => ops.index(x!, '...', at!), { name: 'tensor' }),
  ), // prettier-ignore
  resize: smooth(
    ALL,
    ['F.interpolate', 'jax.image.resize', 'tf.image.resizeBilinear'],
    form([some], images, ([x]) => ops.resize(x!, [5, 3], { method: 'bilinear' })),
    form([some], images, ([x]) => ops.resize(x!, [5, 3], { method: 'bilinear', alignCorners: true }), { name: 'aligned' }), // prettier-ignore
    form([some], images, ([x]) => ops.resize(x!, [7, 2], { method: 'nearest' }), { name: 'nearest' }),
  ),
} satisfies Family
