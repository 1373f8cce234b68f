// Forward mode, Jacobians, Hessians and vmap against each other, against loops, and against values known by hand.

import { beforeAll, describe, expect, test } from 'vitest'
import * as wgrad from 'wgrad'
import { add, checkGradients, conv2d, cumsum, exp, gather, grad, hessian, jacobian, jit, jvp, matmul, maxPool2d, mul, softmax, sort, square, stack, sub, sum, tanh, type Tensor, tensor, vjp, vmap } from 'wgrad' // prettier-ignore

beforeAll(async () => {
  await wgrad.setDevice('cpu')
})

const expectClose = async (a: Tensor, b: Tensor): Promise<void> => {
  expect(a.shape).toEqual(b.shape)
  const [p, q] = [await a.data(), await b.data()]
  p.forEach((value, i) => expect(value).toBeCloseTo(q[i]!, 5))
}

const x = tensor([[0.1, -0.4, 0.3], [0.7, 0.2, -0.5], [-0.6, 0.9, 1.1], [0.2, -1.2, 0.4]]) // prettier-ignore
const w = tensor([[0.5, -0.3, 0.1], [0.2, 0.8, -0.7], [-0.4, 0.6, 0.3]]) // prettier-ignore

describe('jvp', () => {
  test('gives the value and the derivative along a direction', async () => {
    const { output, tangent } = jvp((a: Tensor, b: Tensor) => mul(a, exp(b)), [tensor([1, 2]), tensor([0, 1])], [tensor([1, 0]), tensor([0, 1])]) // prettier-ignore
    expect(await output.array()).toEqual([1, expect.closeTo(2 * Math.E, 5)])
    expect(await tangent.array()).toEqual([1, expect.closeTo(2 * Math.E, 5)])
  })

  test('of a gradient is a Hessian-vector product', async () => {
    const f = (v: Tensor): Tensor => sum(tanh(matmul(v, w)))
    const v = tensor([0.3, -0.8, 0.5])
    const { tangent } = jvp(grad(f), [tensor([0.1, 0.2, 0.3])], [v])
    await expectClose(tangent, matmul(hessian(f)(tensor([0.1, 0.2, 0.3])), v))
  })

  test('refuses tangents that do not fit', () => {
    expect(() => jvp((a: Tensor) => a, [tensor([1, 2])], [tensor([1])])).toThrow('the tangent is float32[1], the primal float32[2]') // prettier-ignore
    expect(() => jvp((a: Tensor) => a, [tensor([1], { dtype: 'int32' })], [tensor([1], { dtype: 'int32' })])).toThrow('cast it to float32') // prettier-ignore
  })
})

describe('jacobian and hessian', () => {
  const f = (row: Tensor): Tensor => tanh(matmul(row, w))
  const row = tensor([0.1, 0.2, -0.3])

  test('forward and reverse mode agree, and rows are pullbacks of unit vectors', async () => {
    const reverse = jacobian(f)(row)
    await expectClose(reverse, jacobian(f, { mode: 'forward' })(row))
    const { pullback } = vjp(f, row)
    const rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((unit) => pullback(tensor(unit))[0]) // prettier-ignore
    await expectClose(reverse, stack(rows))
  })

  test('a Hessian is symmetric and right for a quadratic form', async () => {
    const h = hessian((v: Tensor) => sum(mul(v, matmul(v, w))))(row)
    await expectClose(h, add(w, w.transpose()))
  })

  test('trees of arguments and outputs give trees', async () => {
    const J = jacobian((p: { a: Tensor; b: Tensor }) => ({ y: mul(p.a, p.b) }))({ a: tensor([1, 2]), b: tensor(3) })
    const { y } = J as unknown as { y: { a: Tensor; b: Tensor } }
    expect(await y.a.array()).toEqual([[3, 0], [0, 3]]) // prettier-ignore
    expect(await y.b.array()).toEqual([1, 2])
  })

  test('derivatives of derivatives of derivatives', async () => {
    const third = jacobian(jacobian(jacobian((v: Tensor) => mul(square(v), v))))(tensor(2))
    expect(await third.item()).toBeCloseTo(6, 5)
  })
})

describe('vmap', () => {
  const table: readonly (readonly [string, (row: Tensor) => Tensor])[] = [
    ['a map', (row) => tanh(mul(row, row))],
    ['a view', (row) => row.flip().slice([1])],
    ['a reduction', (row) => sum(square(row))],
    ['softmax', (row) => softmax(row)],
    ['a product with a shared matrix', (row) => matmul(row, w)],
    ['a product of batched matrices', (row) => matmul(row.reshape([3, 1]), row.reshape([1, 3]))],
    ['a gather from a shared table', (row) => gather(w, row.greater(0).cast('int32'))],
    ['a gather from a batched table', (row) => gather(row, tensor([2, 0], { dtype: 'int32' }))],
    ['sorting', (row) => sort(row)],
    ['running sums', (row) => cumsum(row, 0)],
    ['a constant', (row) => mul(row, 0)],
    ['a value that does not depend on the example', () => w],
    ['a convolution', (row) => conv2d(row.reshape([1, 1, 3, 1]), tensor([[[[1]], [[-2]]]]))],
    ['max pooling', (row) => maxPool2d(row.reshape([1, 1, 3, 1]), [1, 2], { strides: 1 })],
    ['a gradient', grad((row: Tensor) => sum(tanh(matmul(row, w))))],
    ['a Jacobian', jacobian((row: Tensor) => tanh(matmul(row, w)))],
    ['vmap itself', (row) => vmap((a: Tensor) => mul(a, row))(row)],
  ]

  test.each(table)('%s, for every example', async (_, f) => {
    const rows = Array.from({ length: 4 }, (__, i) => f(x.slice([i], [i + 1]).reshape([3])))
    await expectClose(vmap(f)(x), stack(rows))
    await expectClose(jit((all: Tensor) => vmap(f)(all))(x), stack(rows))
  })

  test.each(table)('gradients through vmap: %s', async (_, f) => {
    const loss = (all: Tensor): Tensor => sum(square(vmap(f)(all)))
    const loop = (all: Tensor): Tensor => sum(square(stack(Array.from({ length: 4 }, (__, i) => f(all.slice([i], [i + 1]).reshape([3])))))) // prettier-ignore
    await expectClose(grad(loss)(x), grad(loop)(x))
  })

  test('a shared argument gets the sum of the gradients', async () => {
    const perExample = vmap(
      grad((v: Tensor, row: Tensor) => sum(tanh(matmul(row, v)))),
      { inAxes: [null, 0] },
    )(w, x)
    expect(perExample.shape).toEqual([4, 3, 3])
    await expectClose(sum(perExample, 0), grad((v: Tensor) => sum(tanh(matmul(x, v))))(w))
    await checkGradients((v: Tensor) => sum(square(vmap((row: Tensor) => softmax(matmul(row, v)))(x))), [w])
  })

  test('axes of arguments and outputs can be chosen', async () => {
    await expectClose(vmap((column: Tensor) => sub(column, 1), { inAxes: 1, outAxes: 1 })(x), sub(x, 1))
    await expectClose(vmap((a: Tensor, b: Tensor) => add(a, b), { inAxes: [0, 1] })(w, w), add(w, w.transpose()))
  })

  test('mistakes are named', () => {
    expect(() => vmap((a: Tensor) => a, { inAxes: [null] })(x)).toThrow('no argument has a batch axis')
    expect(() => vmap((a: Tensor, b: Tensor) => add(a, b))(x, w)).toThrow('3 examples along axis 0, others have 4')
    expect(() => vmap((a: Tensor) => a)(tensor(1))).toThrow('has no batch axis')
    expect(() => vmap((a: Tensor) => a, { inAxes: [0, 0] })(x)).toThrow('2 entries for 1 arguments')
  })
})
