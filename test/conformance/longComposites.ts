// Composites past the sizes from which targets share rows among workgroups and cut long sums into slices. They run where such a
// target is tried, in few modes, since their references take time.

import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { abs, add, cast, div, mul, square, sub } from '../../src/ops/arithmetic.ts'
import { exp, sqrt } from '../../src/ops/elementary.ts'
import { conv2d } from '../../src/ops/convolution.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { argMax, argMin, logSumExp, max, mean, min, prod, softmax, sum } from '../../src/ops/reductions.ts'
import { reshape } from '../../src/ops/shaping.ts'
import type { Composite } from './composite.ts'
import { sgdStep } from './composites.ts'
import { integers, uniform } from './sample.ts'

const normalized = (x: Tensor): Tensor => {
  const centred = sub(x, mean(x, -1, true))
  return div(centred, sqrt(add(mean(square(centred), -1, true), 1e-3)))
}

/** Composites past the sizes from which software adapters cut sums. */
export const LONG_SUMS_ON_SOFTWARE: readonly Composite[] = [
  {
    name: 'the gradient of a small kernel over many images, with an update in its epilogue',
    inputs: [uniform([22, 28, 28, 1]), uniform([22, 28, 28, 4]), uniform([3, 3, 1, 4])],
    args: (call) => [0.1 / (call + 1)],
    build: ([x, dy, kernel], [rate]) => {
      const gradient = grad((w: Tensor) => sum(mul(dy!, conv2d(x!, w, { padding: 'same' }))))(kernel!)
      return [sub(kernel!, mul(rate!, gradient))]
    },
    state: [2],
  },
  {
    name: 'a contraction over long k',
    inputs: [uniform([2, 5, 16400]), uniform([2, 16400, 12])],
    build: ([a, b]) => [matmul(a!, b!)],
  },
]

/** All composites past the thresholds of hardware. */
export const LONG_COMPOSITES: readonly Composite[] = [
  // wgrads of 12 x 8 and 8 x 10 over 1103 samples, a prime, so that the last slice reaches past the end; bias gradients and the loss over 1103
  sgdStep('split sums', 1103, 12, 8, 10),
  {
    name: 'contractions over long k with an epilogue that reads what it updates',
    inputs: [uniform([2, 10, 2048]), uniform([2, 2048, 3]), uniform([2, 10, 3])],
    args: (call) => [0.1 / (call + 1)],
    build: ([a, b, c], [rate]) => [sub(c!, mul(rate!, add(matmul(a!, b!), c!))), sum(abs(matmul(a!, b!)))],
    state: [2, null],
    ring: [false, true],
  },
  {
    name: 'folds over two long rows, in slices of equal length',
    inputs: [uniform([2, 8192])],
    build: ([x]) => [
      sum(x!, -1),
      max(x!, -1),
      mean(square(sub(x!, mean(x!, -1, true))), -1), // a long fold within a long fold
      sum(cast(mul(x!, 100), 'int32'), -1),
    ],
  },
  {
    name: 'folds over three long rows, in slices that reach past the end',
    inputs: [uniform([3, 5003]), uniform([3, 5003], 0.999, 1.001), integers([3, 5003], -9, 9)],
    build: ([x, y, z]) => [sum(mul(x!, y!)), min(x!, -1), prod(y!, -1), max(z!, -1), argMax(z!, -1), argMin(x!, -1), softmax(x!, -1)], // prettier-ignore
  },
  {
    name: 'rows of 300: softmax, normalization, extremes and where they are',
    inputs: [uniform([5, 300], -3, 3), uniform([300]), integers([5, 300], 0, 3)],
    build: ([x, gain, z]) => [
      softmax(x!, -1),
      mul(normalized(x!), gain!),
      logSumExp(x!, -1),
      sum(exp(x!), 0),
      argMax(x!, -1),
      argMax(z!, -1), // ties: the first one counts
      argMin(z!, -1),
      max(z!, -1),
      grad((v: Tensor) => sum(mul(square(normalized(v)), gain!)))(x!),
      sub(x!, max(x!, -1, true)),
    ],
  },
  {
    name: 'rows that are updated in place by what they sum up',
    inputs: [uniform([6]), uniform([6, 130])],
    args: (call) => [0.5 / (call + 1)],
    build: ([scale, x], [rate]) => {
      const scaled = mul(x!, reshape(sub(scale!, 0.25), [6, 1]))
      return [sub(scale!, mul(rate!, mean(scaled, -1))), scaled, sum(square(scaled), -1)]
    },
    state: [0, null, null],
  },
]
