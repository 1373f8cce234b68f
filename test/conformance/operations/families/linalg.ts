// Linear algebra: entries of src/ops/linalg.ts.

import * as ops from '../../../../src/ops/index.ts'
import type { Family, Template } from '../entry.ts'
import { ALL, form, over, real, shapes, smooth } from '../templates.ts'

const some = real(-2, 2, { integers: [-5, 5] })
const product: Template = shapes([[3, 4], [4, 5]], {
  broadcast: [[2, 1, 3, 4], [3, 4, 2]],
  transposed: [[2, 3, 4], [2, 4, 3]],
  one: [[1, 1], [1, 1]],
  empty: [[3, 0], [0, 2]],
  prime: [[7, 13], [13, 11]],
}) // prettier-ignore
const swapped: Template = shapes([[4, 3], [5, 4]], {
  broadcast: [[2, 1, 4, 3], [3, 2, 4]],
  transposed: [[2, 4, 3], [2, 3, 4]],
  one: [[1, 1], [1, 1]],
  empty: [[0, 3], [2, 0]],
  prime: [[13, 7], [11, 13]],
}) // prettier-ignore
const withVector: Template = shapes([[3, 4], [4]], { broadcast: [[2, 3, 4], [4]], one: [[1, 1], [1]], empty: [[3, 0], [0]], prime: [[7, 13], [13]] }) // prettier-ignore
const vectors = (alike: boolean): Template => shapes([[4], [alike ? 4 : 3]], { one: [[1], [1]], empty: [[0], [alike ? 0 : 2]], prime: [[13], [alike ? 13 : 7]] }) // prettier-ignore
const squares: Template = shapes([[3, 3]], { one: [[1, 1]], empty: [[0, 0]], prime: [[7, 7]], transposed: [[3, 4, 4]] })

/** Entries by name. */
export const linalg = {
  matmul: smooth(
    ALL,
    ['torch.matmul', 'jnp.matmul', 'tf.matMul'],
    form([some, some], product, ([a, b]) => ops.matmul(a!, b!)),
    form([some, some], swapped, ([a, b]) => ops.matmul(a!, b!, { transposeA: true, transposeB: true }), { name: 'transposed' }),
    form([some, some], withVector, ([a, b]) => ops.matmul(a!, b!), { name: 'vector' }),
  ), // prettier-ignore
  dot: smooth(
    ALL,
    ['torch.dot', 'jnp.dot', 'tf.dot'],
    form([some, some], vectors(true), ([a, b]) => ops.dot(a!, b!)),
  ),
  outer: smooth(ALL, ['torch.outer', 'jnp.outer', 'tf.outerProduct'], form([some, some], vectors(false), ([a, b]) => ops.outer(a!, b!))), // prettier-ignore
  einsum: smooth(
    ALL,
    ['torch.einsum', 'jnp.einsum', 'tf.einsum'],
    form([some, some], product, ([a, b]) => ops.einsum('...ij,...jk->...ik', a!, b!)),
    form([some, some], product, ([a, b]) => ops.einsum('...ij,...jk->...ki', a!, b!), { name: 'transposed result' }),
    form([some], squares, ([x]) => ops.einsum('...ii->...i', x!), { name: 'diagonal' }),
    form([some, some], withVector, ([a, b]) => ops.einsum('...j,j', a!, b!), { name: 'implicit' }),
  ),
  tril: smooth(ALL, ['torch.tril', 'jnp.tril', null], over((x) => ops.tril(x), some), over((x) => ops.tril(x, -1), some, { name: 'below' })), // prettier-ignore
  triu: smooth(ALL, ['torch.triu', 'jnp.triu', null], over((x) => ops.triu(x), some), over((x) => ops.triu(x, 1), some, { name: 'above' })), // prettier-ignore
  diag: smooth(
    ALL,
    ['torch.diag', 'jnp.diag', 'tf.diag'],
    form([some], shapes([[3, 4]], { one: [[1, 1]], empty: [[0, 3]], prime: [[7, 13]] }), ([x]) => ops.diag(x!)),
    form([some], shapes([[4]], { one: [[1]], empty: [[0]], prime: [[13]] }), ([x]) => ops.diag(x!, 1), { name: 'of a vector' }), // prettier-ignore
  ),
  trace: smooth(
    ALL,
    ['torch.trace', 'jnp.trace', null],
    form([some], squares, ([x]) => ops.trace(x!)),
  ),
} satisfies Family
