// Windows over images and sequences: entries of src/ops/convolution.ts and pooling.ts.

import { ShapeError } from '../../../../src/core/errors.ts'
import type { Shape } from '../../../../src/core/shape.ts'
import * as ops from '../../../../src/ops/index.ts'
import type { Family, Template } from '../entry.ts'
import { ALL, distinct, form, real, refusing, shapes, smooth } from '../templates.ts'

const some = real(-1, 1, { integers: [-3, 3] })
const untied = distinct()
/** A window of 2 does not fit into an extent of 1. */
const tooSmall = { refuses: refusing(ShapeError, 'one') }
const two = (ordinary: readonly [Shape, Shape], others: Partial<Template>): Template => shapes(ordinary, others)

const sequences = two([[2, 6, 2], [3, 2, 3]], {
  one: [[1, 1, 1], [1, 1, 1]],
  empty: [[0, 4, 2], [3, 2, 3]],
  prime: [[1, 11, 3], [5, 3, 7]],
}) // prettier-ignore
const images = two([[2, 4, 4, 2], [3, 2, 2, 2]], {
  one: [[1, 1, 1, 1], [1, 1, 1, 1]],
  empty: [[0, 4, 4, 1], [2, 2, 1, 1]],
  prime: [[1, 7, 5, 3], [3, 3, 3, 5]],
  transposed: [[1, 3, 5, 2], [2, 3, 2, 2]],
  strided: [[1, 3, 3, 1], [2, 2, 1, 2]],
}) // prettier-ignore
const channelsFirst = two([[2, 4, 4, 3], [2, 2, 2, 2]], {
  one: [[1, 1, 1, 1], [1, 1, 1, 1]],
  empty: [[0, 2, 4, 4], [2, 1, 2, 2]],
  prime: [[1, 2, 7, 5], [6, 1, 3, 3]],
  transposed: [[1, 2, 3, 4], [2, 1, 2, 2]],
  strided: [[1, 2, 3, 3], [2, 1, 2, 2]],
}) // prettier-ignore
const volumes = two([[2, 3, 2, 2, 1], [2, 2, 1, 1, 2]], {
  one: [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
  empty: [[0, 3, 3, 2, 1], [2, 2, 1, 1, 2]],
  prime: [[1, 3, 5, 3, 2], [2, 3, 2, 2, 3]],
}) // prettier-ignore
const depthwise = two([[2, 3, 4, 2], [2, 3, 2, 2]], {
  one: [[1, 1, 1, 1], [1, 1, 1, 1]],
  empty: [[0, 4, 4, 1], [2, 2, 1, 1]],
  prime: [[1, 7, 5, 3], [3, 3, 3, 1]],
}) // prettier-ignore
/** Kernels whose last axis is the input's: transposed convolutions. */
const backSequences = two([[2, 4, 3], [3, 2, 3]], {
  one: [[1, 1, 1], [1, 1, 1]],
  empty: [[0, 4, 3], [3, 2, 3]],
  prime: [[1, 7, 5], [3, 3, 5]],
}) // prettier-ignore
const backImages = two([[2, 3, 3, 2], [2, 2, 2, 2]], {
  one: [[1, 1, 1, 1], [1, 1, 1, 1]],
  empty: [[0, 3, 3, 2], [2, 2, 2, 2]],
  prime: [[1, 5, 3, 3], [3, 2, 2, 3]],
}) // prettier-ignore
const line: Template = shapes([[2, 6, 2]], { one: [[1, 1, 1]], empty: [[0, 4, 2]], prime: [[1, 13, 3]] })
const plane: Template = shapes([[2, 4, 4, 2]], { one: [[1, 1, 1, 1]], empty: [[0, 4, 4, 2]], prime: [[1, 7, 5, 3]], transposed: [[2, 3, 4, 2]] }) // prettier-ignore

/** Entries by name. */
export const convolution = {
  conv1d: smooth(
    ALL,
    ['F.conv1d', 'lax.conv_general_dilated', 'tf.conv1d'],
    form([some, some], sequences, ([x, k]) => ops.conv1d(x!, k!)),
    form([some, some], sequences, ([x, k]) => ops.conv1d(x!, k!, { strides: 2, padding: 'same' }), { name: 'strided' }),
    form([some, some], sequences, ([x, k]) => ops.conv1d(x!, k!, { dilation: 2, padding: 2 }), { name: 'dilated' }),
  ),
  conv2d: smooth(
    ALL,
    ['F.conv2d', 'lax.conv_general_dilated', 'tf.conv2d'],
    form([some, some], images, ([x, k]) => ops.conv2d(x!, k!)),
    form([some, some], images, ([x, k]) => ops.conv2d(x!, k!, { strides: [1, 2], padding: 'same' }), { name: 'strided' }),
    form([some, some], images, ([x, k]) => ops.conv2d(x!, k!, { dilation: [1, 2], padding: [[1, 0], 2] }), { name: 'dilated' }),
    form([some, some], channelsFirst, ([x, k]) => ops.conv2d(x!, k!, { layout: 'channelsFirst', groups: x!.shape[1]! / k!.shape[1]!, padding: 1 }), { name: 'groups, channels first' }),
  ), // prettier-ignore
  conv3d: smooth(ALL, ['F.conv3d', 'lax.conv_general_dilated', 'tf.conv3d'], form([some, some], volumes, ([x, k]) => ops.conv3d(x!, k!))), // prettier-ignore
  conv1dTranspose: smooth(ALL, ['F.conv_transpose1d', 'lax.conv_transpose', null], form([some, some], backSequences, ([x, k]) => ops.conv1dTranspose(x!, k!, { strides: 2 }))), // prettier-ignore
  conv2dTranspose: smooth(
    ALL,
    ['F.conv_transpose2d', 'lax.conv_transpose', 'tf.conv2dTranspose'],
    form([some, some], backImages, ([x, k]) => ops.conv2dTranspose(x!, k!)),
    form([some, some], backImages, ([x, k]) => ops.conv2dTranspose(x!, k!, { strides: 2, padding: 'same' }), { name: 'strided' }), // prettier-ignore
  ),
  depthwiseConv2d: smooth(
    ALL,
    ['F.conv2d', 'lax.conv_general_dilated', 'tf.depthwiseConv2d'],
    form([some, some], depthwise, ([x, k]) => ops.depthwiseConv2d(x!, k!)),
    form([some, some], depthwise, ([x, k]) => ops.depthwiseConv2d(x!, k!, { strides: 2, padding: 'same' }), { name: 'strided' }), // prettier-ignore
  ),
  maxPool1d: smooth(ALL, ['F.max_pool1d', 'flax.linen.max_pool', null], form([untied], line, ([x]) => ops.maxPool1d(x!, 2), tooSmall), form([untied], line, ([x]) => ops.maxPool1d(x!, 3, { strides: 2, padding: 'same' }), { name: 'overlapping' })), // prettier-ignore
  maxPool2d: smooth(ALL, ['F.max_pool2d', 'flax.linen.max_pool', 'tf.maxPool'], form([untied], plane, ([x]) => ops.maxPool2d(x!, 2), tooSmall), form([untied], plane, ([x]) => ops.maxPool2d(x!, [3, 2], { strides: 1, padding: 'same' }), { name: 'overlapping' })), // prettier-ignore
  avgPool1d: smooth(ALL, ['F.avg_pool1d', 'flax.linen.avg_pool', null], form([some], line, ([x]) => ops.avgPool1d(x!, 2), tooSmall), form([some], line, ([x]) => ops.avgPool1d(x!, 3, { strides: 2, padding: 'same' }), { name: 'overlapping' })), // prettier-ignore
  avgPool2d: smooth(
    ALL,
    ['F.avg_pool2d', 'flax.linen.avg_pool', 'tf.avgPool'],
    form([some], plane, ([x]) => ops.avgPool2d(x!, 2), tooSmall),
    form([some], plane, ([x]) => ops.avgPool2d(x!, [3, 2], { strides: 1, padding: 'same' }), { name: 'overlapping' }),
    form([some], plane, ([x]) => ops.avgPool2d(x!, 2, { padding: 1, countPadding: true }), { name: 'padding counted' }),
  ),
  globalMaxPool: smooth(ALL, ['F.adaptive_max_pool2d', null, null], form([untied], plane, ([x]) => ops.globalMaxPool(x!))), // prettier-ignore
  globalAveragePool: smooth(ALL, ['F.adaptive_avg_pool2d', null, null], form([some], plane, ([x]) => ops.globalAveragePool(x!))), // prettier-ignore
} satisfies Family
