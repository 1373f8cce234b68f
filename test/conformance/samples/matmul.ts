// Samples of matrix multiplication: all operand layouts, and sizes at, below and above those of tiles.

import { matmul } from '../../../src/primitives/linalg.ts'
import type { DType } from '../../../src/core/dtype.ts'
import { casesOf, laid, type Layout, type Sample, uniform } from '../sample.ts'

type Layouts = readonly [Layout, Layout]

function product(
  m: number,
  k: number,
  n: number,
  layouts: Layouts = ['plain', 'plain'],
  batch: readonly number[] = [],
  dtype: DType = 'float32',
): Sample<null> {
  const [left, right] = layouts
  const name = `${[...batch, m].join('x')} by ${k} by ${n}${left === 'plain' && right === 'plain' ? '' : `, ${left} by ${right}`}${dtype === 'float32' ? '' : `, ${dtype}`}`
  const lhs = laid(left, uniform([...batch, m, k], -1, 1, dtype))
  const rhs = laid(right, uniform([...batch, k, n], -1, 1, dtype))
  return { name, inputs: [lhs, rhs], params: null }
}

const NT: Layouts = ['plain', 'transposed']
const TN: Layouts = ['transposed', 'plain']
const TT: Layouts = ['transposed', 'transposed']

/** Cases by exported name. */
export const linalg = {
  matmul: casesOf(matmul, [
    product(1, 1, 1),
    product(3, 4, 5),
    product(4, 4, 4),
    product(1, 7, 5),
    product(5, 7, 1),
    product(8, 8, 8),
    product(17, 5, 33),
    product(33, 17, 8),
    product(64, 64, 64),
    product(65, 65, 65),
    product(4, 257, 8),
    product(12, 300, 20),
    product(128, 3, 132),
    product(7, 1, 9),
    product(9, 3, 7),
    product(15, 1, 17),
    product(16, 3, 15, NT),
    product(17, 16, 16, TN),
    product(31, 3, 33),
    product(33, 1, 31, TT),
    product(63, 3, 65, NT),
    product(65, 1, 63, TN),
    product(31, 64, 63),
    product(8, 65, 16, NT),
    product(3, 4, 5, NT),
    product(3, 4, 5, TN),
    product(3, 4, 5, TT),
    product(33, 17, 20, NT),
    product(33, 17, 20, TN),
    product(33, 17, 20, TT),
    product(64, 32, 64, NT),
    product(64, 32, 64, TN),
    product(68, 36, 72, TN),
    product(8, 12, 16, ['strided', 'strided']),
    product(7, 5, 6, ['flipped', 'plain']),
    product(9, 6, 4, ['repeated', 'plain']),
    product(3, 4, 5, ['plain', 'plain'], [2]),
    product(17, 9, 12, ['plain', 'plain'], [3]),
    product(4, 8, 4, ['plain', 'plain'], [2, 3]),
    product(5, 6, 7, ['plain', 'repeated'], [4]),
    product(16, 16, 16, ['repeated', 'plain'], [3]),
    product(4, 0, 5),
    product(0, 3, 5),
    product(3, 2, 5, ['plain', 'plain'], [0]),
    product(6, 7, 5, ['plain', 'plain'], [], 'float64'),
  ]),
}
