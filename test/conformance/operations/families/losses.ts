// Losses: entries of src/ops/losses.ts.

import * as losses from '../../../../src/ops/losses.ts'
import type { Family, Template } from '../entry.ts'
import { ALL, distinct, FLOATS, form, positions, real, same, shapes, smooth } from '../templates.ts'

const some = real(-2, 2)
const far = real(-3, 3, { edges: [[-90, -80], [80, 90]] }) // prettier-ignore
const share = real(0.05, 0.95, { integers: [0, 1] })
const labelled: Template = shapes([[3, 4], [3]], {
  transposed: [[2, 4, 3], [2, 4]],
  one: [[1, 1], [1]],
  empty: [[0, 3], [0]],
  prime: [[7, 13], [7]],
}) // prettier-ignore
const pair = same(2)
const labels = positions(([x]) => x!.at(-1)!)

/** Entries by name. */
export const lossFamily = {
  softmaxCrossEntropy: smooth(
    FLOATS,
    ['F.cross_entropy', 'optax.softmax_cross_entropy', 'tf.losses.softmaxCrossEntropy'],
    form([far, labels], labelled, ([x, y]) => losses.softmaxCrossEntropy(x!, y!)),
    form([far, share], pair, ([x, y]) => losses.softmaxCrossEntropy(x!, y!), { name: 'soft labels' }),
    form([far, labels], labelled, ([x, y]) => losses.softmaxCrossEntropy(x!, y!, { labelSmoothing: 0.1, ignoreIndex: 1, reduction: 'mean' }), { name: 'smoothed' }),
    form([far, labels], labelled, ([x, y]) => losses.softmaxCrossEntropy(x!, y!, { classWeights: x!.shape.slice(-1).flatMap((n) => Array.from({ length: n }, (_, c) => c + 1)), reduction: 'sum' }), { name: 'weighted' }),
  ), // prettier-ignore
  sigmoidBinaryCrossEntropy: smooth(ALL, ['F.binary_cross_entropy_with_logits', 'optax.sigmoid_binary_cross_entropy', 'tf.losses.sigmoidCrossEntropy'], form([far, share], pair, ([x, y]) => losses.sigmoidBinaryCrossEntropy(x!, y!))), // prettier-ignore
  meanSquaredError: smooth(ALL, ['F.mse_loss', 'optax.squared_error', 'tf.losses.meanSquaredError'], form([some, some], pair, ([x, y]) => losses.meanSquaredError(x!, y!)), form([some, some], pair, ([x, y]) => losses.meanSquaredError(x!, y!, { reduction: 'mean' }), { name: 'mean' })), // prettier-ignore
  meanAbsoluteError: smooth(ALL, ['F.l1_loss', null, 'tf.losses.absoluteDifference'], form([distinct(), distinct()], pair, ([x, y]) => losses.meanAbsoluteError(x!, y!))), // prettier-ignore
  // errors of the first form lie below delta, those of the second beyond it
  huber: smooth(ALL, ['F.huber_loss', 'optax.huber_loss', 'tf.losses.huberLoss'], form([some, some], pair, ([x, y]) => losses.huber(x!, y!, { delta: 5 })), form([real(1, 2), real(-2, 0)], pair, ([x, y]) => losses.huber(x!, y!, { delta: 0.5 }), { name: 'linear' })), // prettier-ignore
  // x y < 1 and x y > 1
  hinge: smooth(ALL, [null, 'optax.hinge_loss', 'tf.losses.hingeLoss'], form([real(-0.9, 0.9), real(-1, 1)], pair, ([x, y]) => losses.hinge(x!, y!)), form([real(1.2, 2), real(1.1, 2)], pair, ([x, y]) => losses.hinge(x!, y!), { name: 'beyond the margin' })), // prettier-ignore
  logCosh: smooth(
    ALL,
    [null, 'optax.log_cosh', null],
    form([far, some], pair, ([x, y]) => losses.logCosh(x!, y!)),
  ),
  klDivergence: smooth(ALL, ['F.kl_div', 'optax.kl_divergence', null], form([some, share], pair, ([x, y]) => losses.klDivergence(x!, y!)), form([some, some], pair, ([x, y]) => losses.klDivergence(x!, y!, { logTargets: true }), { name: 'logarithms' })), // prettier-ignore
  cosineSimilarity: smooth(ALL, ['F.cosine_similarity', 'optax.cosine_similarity', 'tf.losses.cosineDistance'], form([real(0.2, 2), real(0.2, 2)], pair, ([x, y]) => losses.cosineSimilarity(x!, y!))), // prettier-ignore
} satisfies Family
