// Maps that software adapters compute in blocks, since neighbours read the same elements: past the size from which they are, with
// axes that are halved and that are not, with and without lanes of four, and over what they read.

import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { relu } from '../../src/ops/activations.ts'
import { add, mul, sub } from '../../src/ops/arithmetic.ts'
import { repeat } from '../../src/ops/arranging.ts'
import { avgPool1d, avgPool2d, maxPool2d } from '../../src/ops/pooling.ts'
import { sum } from '../../src/ops/reductions.ts'
import type { Composite } from './composite.ts'
import { uniform } from './sample.ts'

/** Every pixel of `[N, H, W, C]` twice along both axes. */
const twice = (x: Tensor): Tensor => repeat(repeat(x, 2, 1), 2, 2)

const pooled = (name: string, shape: readonly [number, number, number, number], window: number): Composite => {
  const [n, h, w, c] = shape
  return {
    name: `${name}: the gradient of a max pool by ${window} of ${shape.join('x')}, behind a bias and ReLU`,
    inputs: [uniform(shape), uniform([c]), uniform([n, Math.floor(h / window), Math.floor(w / window), c])],
    build: ([x, bias, dy]) => [grad((v: Tensor) => sum(mul(dy!, maxPool2d(relu(add(v, bias!)), window))))(x!)],
  }
}

/** All of them. */
export const MAPS_IN_BLOCKS: readonly Composite[] = [
  pooled('both axes', [3, 16, 12, 8], 2),
  pooled('one axis, the other one being odd', [3, 16, 15, 8], 2),
  pooled('without lanes', [4, 32, 12, 3], 2),
  pooled('windows that blocks do not fit', [2, 18, 18, 8], 3),
  pooled('windows of two blocks', [2, 16, 16, 8], 4),
  {
    name: 'the gradient of an average pool over a sequence, and of one over images',
    inputs: [uniform([4, 64, 20]), uniform([4, 32, 20]), uniform([2, 32, 32, 4]), uniform([2, 16, 16, 4])],
    build: ([x, dx, y, dy]) => [
      grad((v: Tensor) => sum(mul(dx!, avgPool1d(v, 2))))(x!),
      grad((v: Tensor) => sum(mul(dy!, avgPool2d(v, 2))))(y!),
    ],
  },
  {
    name: 'a state updated by an image of half its size',
    inputs: [uniform([2, 16, 32, 8]), uniform([2, 8, 16, 8])],
    args: (call) => [0.1 / (call + 1)],
    build: ([x, y], [rate]) => [sub(x!, mul(rate!, mul(twice(y!), x!)))],
    state: [0],
  },
]
