// Tensors from shapes and numbers: entries of src/ops/creation.ts. They have no operands; views are taken of their results.

import { slice, transpose } from '../../../../src/ops/shaping.ts'
import type { Shape } from '../../../../src/core/shape.ts'
import type { Tensor } from '../../../../src/ir/tensor.ts'
import * as ops from '../../../../src/ops/index.ts'
import type { Cell, Family, Form } from '../entry.ts'
import { ALL, flat, form, ONE, over, positions, real, shapes } from '../templates.ts'

const EXTENT = { ordinary: 5, broadcast: 4, transposed: 6, strided: 7, one: 1, empty: 0, prime: 13, edges: 9 } as const

/** A form without operands; the shape or the extent of the category stands for them. */
function made(call: (cell: Cell & { readonly shape: Shape; readonly extent: number }) => Tensor): Form {
  const none = shapes([], {})
  return form([], none, (_, cell) => {
    const result = call({ ...cell, shape: ONE[cell.category][0]!, extent: EXTENT[cell.category] })
    if (cell.category === 'transposed') return transpose(result)
    if (cell.category !== 'strided') return result
    const each = (value: number): number[] => result.shape.map(() => value)
    return slice(result, each(0), undefined, each(2))
  })
}

const some = real(-2, 2)

/** Entries by name. */
export const creation = {
  zeros: flat(
    ALL,
    ['torch.zeros', 'jnp.zeros', 'tf.zeros'],
    made(({ shape, dtype }) => ops.zeros(shape, dtype)),
  ),
  ones: flat(
    ALL,
    ['torch.ones', 'jnp.ones', 'tf.ones'],
    made(({ shape, dtype }) => ops.ones(shape, dtype)),
  ),
  full: flat(ALL, ['torch.full', 'jnp.full', 'tf.fill'], made(({ shape, dtype }) => ops.full(shape, dtype === 'bool' ? 1 : 7, dtype))), // prettier-ignore
  zerosLike: flat(ALL, ['torch.zeros_like', 'jnp.zeros_like', 'tf.zerosLike'], over(ops.zerosLike, some)),
  onesLike: flat(ALL, ['torch.ones_like', 'jnp.ones_like', 'tf.onesLike'], over(ops.onesLike, some)),
  fullLike: flat(
    ALL,
    ['torch.full_like', 'jnp.full_like', null],
    over((x) => ops.fullLike(x, 1), some),
  ),
  arange: flat(ALL, ['torch.arange', 'jnp.arange', 'tf.range'], made(({ extent, dtype }) => ops.arange(1, 1 + 2 * extent, 2, dtype))), // prettier-ignore
  linspace: flat(['float32'], ['torch.linspace', 'jnp.linspace', 'tf.linspace'], made(({ extent }) => ops.linspace(-1, 2, Math.max(1, extent)))), // prettier-ignore
  eye: flat(
    ALL,
    ['torch.eye', 'jnp.eye', 'tf.eye'],
    made(({ extent, dtype }) => ops.eye(extent, dtype)),
  ),
  indices: flat(
    ALL,
    [null, 'lax.broadcasted_iota', null],
    made(({ shape, dtype }) => ops.indices(shape, 1, dtype)),
  ),
  oneHot: flat(
    ['int32', 'uint32', 'uint8'],
    ['F.one_hot', 'jax.nn.one_hot', 'tf.oneHot'],
    over((x) => ops.oneHot(x, 4), { ...positions(() => 6), dtype: null }),
  ),
} satisfies Family
