// Reductions, running combinations and products of matrices.

import { axesOf, axisOf, call, type Entry, floatOf, MOST_ELEMENTS, moved, type Operation, type Pool, rounded, sizeOf } from '../pool.ts' // prettier-ignore
import type { Argument } from '../program.ts'

const onAxis =
  (choose: (x: Entry, axis: number, pool: Pool) => ReturnType<Operation>): Operation =>
  (pool) => {
    const x = pool.pick(floatOf(1))
    return x === null ? null : choose(x, axisOf(pool, x), pool)
  }

const reduction =
  (choose: (x: Entry, rest: readonly Argument[]) => ReturnType<Operation>): Operation =>
  (pool) => {
    const x = pool.pick(floatOf(pool.random.chance(0.1) ? 0 : 1))
    return x === null ? null : choose(x, [x.shape.length === 0 ? undefined : axesOf(pool, x), pool.random.chance(0.5)])
  }

const reductions: readonly Operation[] = [
  reduction((x, rest) => rounded('mean', x, ...rest)),
  reduction((x, rest) => rounded('mean', x, ...rest)),
  reduction((x, rest) => rounded('sum', x, ...rest)),
  reduction((x, rest) => moved([x], 'max', x, ...rest)),
  reduction((x, rest) => moved([x], 'min', x, ...rest)),
  reduction((x, rest) => rounded('prod', call('tanh', x), ...rest)),
  reduction((x, [axes, keepDims]) => (typeof axes === 'number' ? rounded('logSumExp', x, axes, keepDims) : null)),
  reduction((x, [axes, keepDims]) => rounded('variance', x, axes, { options: { keepDims } })),
  reduction((x, [axes, keepDims]) => rounded('standardDeviation', x, axes, { options: { keepDims, correction: 0 } })),
  onAxis((x, axis) => rounded('softmax', x, axis)),
  onAxis((x, axis) => rounded('logSoftmax', x, axis)),
  onAxis((x, axis) => (x.exact ? { call: call('argMax', x, axis), exact: true } : null)),
  onAxis((x, axis) => (x.exact ? { call: call('argMin', x, axis), exact: true } : null)),
  // the hand-written forms that row kernels look for
  onAxis((x, axis) => rounded('sub', x, call('max', x, axis, true))),
  onAxis((x, axis) => rounded('sub', x, call('mean', x, axis, true))),
  onAxis((x, axis) => rounded('div', x, call('add', call('sum', call('square', x), axis, true), 0.5))),
  (pool) => {
    const x = pool.pick((entry) => entry.dtype === 'bool' && entry.shape.length > 0 && sizeOf(entry.shape) > 0)
    return x === null ? null : { call: call(pool.random.of(['any', 'all', 'sum']), x, axisOf(pool, x)), exact: true }
  },
  (pool) => {
    const x = pool.pick((entry) => entry.dtype === 'int32' && entry.shape.length > 0 && sizeOf(entry.shape) > 0)
    return x === null ? null : { call: call(pool.random.of(['sum', 'max', 'min']), x, axisOf(pool, x)), exact: true }
  },
]

const running: readonly Operation[] = [
  onAxis((x, axis, { random }) => rounded('cumsum', x, axis, { options: { reverse: random.chance(0.5), exclusive: random.chance(0.3) } })), // prettier-ignore
  onAxis((x, axis, { random }) => rounded('cumprod', call('tanh', x), axis, { options: { reverse: random.chance(0.5) } })), // prettier-ignore
  onAxis((x, axis) => moved([x], 'cummax', x, axis)),
  onAxis((x, axis) => moved([x], 'cummin', x, axis)),
  onAxis((x, axis, { random }) => (x.exact ? moved([x], 'sort', x, axis, { options: { descending: random.chance(0.5) } }) : null)), // prettier-ignore
  onAxis((x, axis) => (x.exact ? moved([x], 'argsort', x, axis) : null)),
]

/** Two operands of a product with a common extent: `x` from the pool, the other one from it or an input. */
const product =
  (rank: number, choose: (x: Entry, pool: Pool) => ReturnType<Operation>): Operation =>
  (pool) => {
    const x = pool.pick((entry) => floatOf(rank)(entry) && entry.shape.length <= 3)
    return x === null ? null : choose(x, pool)
  }

/** A matrix [rows, columns]: a value that there is, or an input. */
function matrix(pool: Pool, rows: number): { readonly use: Argument; readonly columns: number } {
  const known = pool.pick(({ dtype, shape }) => dtype === 'float32' && shape.length === 2 && shape[0] === rows && shape[1]! > 0) // prettier-ignore
  if (known !== null && pool.random.chance(0.7)) return { use: known, columns: known.shape[1]! }
  const columns = Math.max(1, pool.extent())
  return { use: pool.input([rows, columns], 'float32', { kind: 'real' }), columns }
}

const fits = (x: Entry, columns: number): boolean =>
  (sizeOf(x.shape) / (x.shape.at(-1) ?? 1)) * columns <= MOST_ELEMENTS

const products: readonly Operation[] = [
  product(1, (x, pool) => {
    const { use, columns } = matrix(pool, x.shape.at(-1)!)
    return fits(x, columns) ? rounded('matmul', x, use) : null
  }),
  product(1, (x, pool) => {
    const { use, columns } = matrix(pool, x.shape.at(-1)!)
    return fits(x, columns) ? rounded('tanh', call('add', call('matmul', x, use), pool.input([columns], 'float32', { kind: 'real' }))) : null // prettier-ignore
  }),
  product(2, (x, pool) => {
    const y = pool.pick((entry) => floatOf(2)(entry) && entry.shape.length === 2 && entry.shape[1] === x.shape.at(-1))
    return y !== null && fits(x, y.shape[0]!) ? rounded('matmul', x, y, { options: { transposeB: true } }) : null
  }),
  product(2, (x, pool) => {
    if (x.shape.length !== 2) return null
    const y = pool.pick((entry) => floatOf(2)(entry) && entry.shape.length === 2 && entry.shape[0] === x.shape[0])
    return y !== null && x.shape[1]! * y.shape[1]! <= MOST_ELEMENTS ? rounded('matmul', x, y, { options: { transposeA: true } }) : null // prettier-ignore
  }),
  product(2, (x) => rounded('matmul', x, x, { options: { transposeB: true } })),
  product(3, (x, pool) => {
    const [batch, , columns] = x.shape
    const y = pool.pick(({ dtype, shape }) => dtype === 'float32' && shape.length === 3 && shape[0] === batch && shape[1] === columns) // prettier-ignore
    return y !== null && fits(x, y.shape[2]!) ? rounded('matmul', x, y) : null
  }),
  product(1, (x, pool) => (x.shape.length === 1 ? rounded('outer', x, pool.input([Math.max(1, pool.extent())], 'float32', { kind: 'real' })) : null)), // prettier-ignore
  product(2, (x) => (x.shape.length === 2 ? rounded('einsum', 'ij,kj->ik', x, x) : null)),
  product(2, (x) => rounded('einsum', '...ij->...j', x)),
  product(2, (x, { random }) => moved([x], random.of(['tril', 'triu']), x, random.of([-1, 0, 1]))),
  product(2, (x) => (x.shape[0] === x.shape[1] ? rounded('trace', x) : null)),
]

/** Reductions, by family. */
export const reducing = { reductions, running, products }
