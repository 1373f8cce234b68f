// customVjp: a region with a derivative of its own, in eager code, under jit and in gradients.

import { beforeAll, expect, test } from 'vitest'
import { add, customVjp, exp, grad, jit, log, mul, setDevice, sub, sum, tensor, type Tensor } from 'wgrad'

beforeAll(async () => {
  await setDevice('cpu')
})

// f(x) = x², whose derivative is declared as 10 x, so that it can be told from the derived one
const odd = customVjp({
  forward: (x) => ({ output: mul(x, x), residuals: [mul(x, 10)] }),
  backward: ([slope], cotangent) => [mul(cotangent, slope!)],
})

test('computes forward and differentiates by backward', async () => {
  expect(await odd(tensor([1, 2, 3])).array()).toEqual([1, 4, 9])
  expect(await grad((x: Tensor) => sum(odd(x)))(tensor([1, 2, 3])).array()).toEqual([10, 20, 30])
})

test('second derivatives go through backward and its residuals', async () => {
  // the declared slope is 10 x, so the second derivative is 10
  const second = grad((x: Tensor) => sum(grad((y: Tensor) => sum(odd(y)))(x)))
  expect(await second(tensor([1, 2])).array()).toEqual([10, 10])
})

test('works inside jit and beside other operations', async () => {
  const f = jit((x: Tensor) => grad((y: Tensor) => sum(mul(odd(add(y, 1)), 2)))(x))
  for (let i = 0; i < 3; i++) expect(await f(tensor([i, 1])).array()).toEqual([20 * (i + 1), 40])
})

test('two different functions of the same shape are not confused', async () => {
  const even = customVjp({
    forward: (x) => ({ output: mul(x, 3), residuals: [] }),
    backward: (_, cotangent) => [mul(cotangent, 3)],
  })
  const x = tensor([2])
  expect(await add(odd(x), even(x)).item()).toBe(10)
})

test('a stable log(1 + e^x) has the derivative that it declares, at the ends too', async () => {
  const softplus = customVjp({
    forward: (x) => ({ output: log(add(1, exp(x))), residuals: [x] }),
    backward: ([x], cotangent) => [mul(cotangent, sub(1, exp(mul(-1, log(add(1, exp(x!)))))))],
  })
  const slopes = await grad((x: Tensor) => sum(softplus(x)))(tensor([-3, 0, 3])).data()
  Array.from(slopes).forEach((slope, i) => expect(slope).toBeCloseTo(1 / (1 + Math.exp(-[-3, 0, 3][i]!)), 5))
})

test('a tensor used from outside is refused', () => {
  const outside = tensor([1])
  const f = customVjp({ forward: (x) => ({ output: mul(x, outside), residuals: [] }), backward: (_, c) => [c] })
  expect(() => f(tensor([2]))).toThrow(/uses a tensor float32\[1\] from outside: pass it as an argument/)
})
