// Row kernels in which four rows of a software adapter share what they load: rows that fill quads and that do not, sums just within
// what one loop adds up and just beyond it, and rows whose elements are computed in turns of four.

import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, div, mul, square, sub } from '../../src/ops/arithmetic.ts'
import { gather } from '../../src/ops/gathering.ts'
import { sqrt } from '../../src/ops/elementary.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { mean, softmax, sum } from '../../src/ops/reductions.ts'
import type { Composite } from './composite.ts'
import { sgdStep } from './composites.ts'
import { integers, uniform } from './sample.ts'

const normalized = (x: Tensor, gain: Tensor, bias: Tensor): Tensor => {
  const centred = sub(x, mean(x, -1, true))
  return add(mul(div(centred, sqrt(add(mean(square(centred), -1, true), 1e-3))), gain), bias)
}

/** All of them. */
export const ROWS_IN_QUADS: readonly Composite[] = [
  sgdStep('rows in quads', 8, 12, 132, 10),
  sgdStep('rows in quads, one of two not whole', 5, 12, 256, 16),
  sgdStep('three rows', 3, 8, 20, 3),
  sgdStep('one row', 1, 8, 64, 10),
  sgdStep('more sums than one loop adds up', 6, 8, 24, 17),
  sgdStep('sums longer than one loop adds up', 4, 8, 260, 9),
  sgdStep('sums that are not in fours', 9, 8, 30, 5),
  sgdStep('sums as short as those that are written out', 4, 8, 16, 8),
  {
    name: 'rows of 24, normalized, with gain and bias, and their gradient',
    inputs: [uniform([6, 24]), uniform([24]), uniform([24]), uniform([6, 24])],
    build: ([x, gain, bias, dy]) => [
      normalized(x!, gain!, bias!),
      grad((v: Tensor) => sum(mul(dy!, normalized(v, gain!, bias!))))(x!),
    ],
  },
  {
    name: 'two products after each other within rows, the second of what the first one gives',
    inputs: [uniform([7, 20]), uniform([20, 12]), uniform([12, 20])],
    build: ([x, a, b]) => [softmax(matmul(softmax(matmul(x!, a!)), b!))],
  },
  {
    name: 'rows that are looked up, in integers',
    inputs: [uniform([9, 32]), integers([6], 0, 8), uniform([32, 4])],
    build: ([x, at, w]) => {
      const rows = gather(x!, at!)
      return [softmax(matmul(rows, w!)), mul(softmax(rows), rows)]
    },
  },
]
