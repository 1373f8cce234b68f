// scan against the same loop written out, in values and derivatives of first and second order, and its errors.

import { beforeAll, expect, test } from 'vitest'
import * as wgrad from 'wgrad'
import {
  add,
  checkGradients,
  grad,
  jit,
  jvp,
  matmul,
  mul,
  scan,
  square,
  sum,
  tanh,
  type Tensor,
  tensor,
  vmap,
} from 'wgrad'

beforeAll(async () => {
  await wgrad.setDevice('cpu')
})

const [weights, inputs, start] = [
  tensor([[0.5, -0.3], [0.2, 0.8]]), // prettier-ignore
  tensor([[0.1, -0.4], [0.7, 0.2], [-0.6, 0.9]]), // prettier-ignore
  tensor([0.3, -0.2]),
]

const cell = (w: Tensor, h: Tensor, x: Tensor): Tensor => tanh(add(matmul(h, w), x))

function looped(w: Tensor, xs: Tensor, h0: Tensor): Tensor {
  const [last, ys] = scan(
    (h: Tensor, x: Tensor) => {
      const next = cell(w, h, x)
      return [next, mul(next, x)]
    },
    h0,
    xs,
  )
  return add(sum(square(last)), sum(mul(ys, xs)))
}

function written(w: Tensor, xs: Tensor, h0: Tensor): Tensor {
  let h = h0
  let total: Tensor | number = 0
  for (let t = 0; t < 3; t++) {
    const x = xs.slice([t], [t + 1]).reshape([2])
    h = cell(w, h, x)
    total = add(total, sum(mul(mul(h, x), x)))
  }
  return add(sum(square(h)), total)
}

const expectClose = async (a: Tensor, b: Tensor): Promise<void> => {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [await a.data(), await b.data()]
  x.forEach((value, i) => expect(value).toBeCloseTo(y[i]!, 5))
}

test('a scan gives what the loop written out gives, and so do its gradients', async () => {
  await expectClose(looped(weights, inputs, start), written(weights, inputs, start))
  const [a, b] = [looped, written].map(
    (f) => grad(f, { argnums: [0, 1, 2] })(weights, inputs, start) as unknown as Tensor[],
  )
  for (const i of [0, 1, 2]) await expectClose(a![i]!, b![i]!)
})

test('first and second derivatives of a scan agree with central differences', async () => {
  const first = await checkGradients(looped, [weights, inputs, start])
  expect(first.checked.first).toBeGreaterThan(0)
  await checkGradients(
    (w: Tensor, xs: Tensor, h0: Tensor) => sum(square(grad(looped)(w, xs, h0))),
    [weights, inputs, start],
  )
})

test('scan composes with jvp, vmap and jit', async () => {
  const { tangent } = jvp((w: Tensor) => looped(w, inputs, start), [weights], [weights])
  await expectClose(tangent, sum(mul(grad(looped)(weights, inputs, start), weights)))
  const starts = tensor([[0.3, -0.2], [1, 2]]) // prettier-ignore
  const many = vmap(looped, { inAxes: [null, null, 0] })(weights, inputs, starts)
  await expectClose(many.slice([0], [1]).reshape([]), looped(weights, inputs, start))
  await expectClose(many.slice([1], [2]).reshape([]), looped(weights, inputs, tensor([1, 2])))
  await expectClose(jit((w: Tensor) => grad(looped)(w, inputs, start))(weights), grad(looped)(weights, inputs, start))
})

test('a reversed scan runs from the last step and leaves outputs in place', async () => {
  const [last, ys] = scan((c: Tensor, x: Tensor) => [add(c, x), add(c, x)], tensor(0), tensor([1, 2, 3]), { reverse: true }) // prettier-ignore
  expect(await last.item()).toBe(6)
  expect(await ys.array()).toEqual([6, 5, 3])
})

test('carries and outputs are trees, of any dtypes; without xs the length is given', async () => {
  const step = ({ n, total }: { n: Tensor; total: Tensor }) => {
    const next = { n: add(n, 1), total: add(total, mul(total, 0.5)) }
    return [next, { seen: n }] as const
  }
  const [{ n, total }, { seen }] = scan(
    step as (carry: { n: Tensor; total: Tensor }, x: readonly Tensor[]) => ReturnType<typeof step>,
    { n: tensor(0, { dtype: 'int32' }), total: tensor(1) },
    [],
    { length: 3 },
  )
  expect(await n.item()).toBe(3)
  expect(await total.item()).toBeCloseTo(1.5 ** 3, 6)
  expect(await seen.array()).toEqual([0, 1, 2])
})

test('a scan of no steps gives the initial carry and empty outputs', async () => {
  const [last, ys] = scan((c: Tensor, x: Tensor) => [add(c, x), x], tensor(7), tensor([], { shape: [0] }))
  expect(await last.item()).toBe(7)
  expect(ys.shape).toEqual([0])
})

test('mistakes are named', () => {
  const carry = tensor(0)
  expect(() => scan((c: Tensor) => [c, c], carry, [])).toThrow('give the number of steps as length')
  expect(() => scan((c: Tensor) => [c, c], carry, [tensor([1]), tensor([1, 2])])).toThrow('leading extents')
  expect(() => scan((c: Tensor, x: Tensor) => [add(c, x), x], carry, tensor([[1, 2]]))).toThrow(
    'the carry changes from float32[] to float32[2]',
  )
  expect(() => scan(((c: Tensor) => c) as never, carry, tensor([1]))).toThrow('must return [carry, output]')
})
