// jit, eager realization and what they refuse, on the CPU backend.

import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  add,
  ArgumentError,
  grad,
  jit,
  mul,
  realize,
  setDevice,
  sub,
  sum,
  tensor,
  type Tensor,
  TensorUseError,
  valueAndGrad,
} from 'wgrad'

beforeAll(async () => {
  await setDevice('cpu')
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('jit', () => {
  test('gives what the function gives, for trees of tensors', async () => {
    const f = (p: { w: Tensor; b: Tensor }, x: Tensor) => ({ y: add(mul(x, p.w), p.b), s: sum(x) })
    const args = [{ w: tensor([2, 3]), b: tensor([1, -1]) }, tensor([10, 20])] as const
    const [plain, compiled] = [f(...args), jit(f)(...args)]
    expect(await compiled.y.array()).toEqual(await plain.y.array())
    expect(await compiled.s.item()).toBe(30)
  })

  test('numbers are arguments: a new value takes effect and costs no new trace', async () => {
    let traces = 0
    const scale = jit((x: Tensor, factor: number | Tensor) => {
      traces++
      return mul(x, factor)
    })
    const results = []
    for (const factor of [1, 2, 0.5, -3]) results.push(await scale(tensor([1, 2]), factor).array())
    expect(results).toEqual([
      [1, 2],
      [2, 4],
      [0.5, 1],
      [-3, -6],
    ])
    expect(traces).toBe(2) // the second one only checks the first
  })

  test('strings and booleans are static, shapes are part of the key', async () => {
    const f = jit((x: Tensor, negative: boolean) => (negative ? sub(0, x) : x))
    expect(await f(tensor([1, 2]), true).array()).toEqual([-1, -2])
    expect(await f(tensor([1, 2]), false).array()).toEqual([1, 2])
    expect(await f(tensor([[3]]), true).array()).toEqual([[-3]])
  })

  test('calls keep their order although they return at once', async () => {
    const step = jit((w: Tensor, rate: number | Tensor) => sub(w, mul(w, rate)), { donate: [0] })
    let w = tensor([8])
    for (let i = 0; i < 3; i++) w = step(w, 0.5)
    expect(await w.array()).toEqual([1])
  })

  test('a donated tensor cannot be used again, and the error names the call', async () => {
    const step = jit(
      function update(w: Tensor) {
        return mul(w, 2)
      },
      { donate: [0] },
    )
    const w = tensor([1, 2])
    const next = step(w)
    await expect((async () => w.data())()).rejects.toThrow(
      /float32\[2\] was donated to update and can no longer be used/,
    )
    expect(() => step(w)).toThrow(TensorUseError)
    expect(await next.array()).toEqual([2, 4])
  })

  test('a donated tensor that is passed twice is refused before anything happens', async () => {
    const f = jit((a: Tensor, b: Tensor) => add(a, b), { donate: [0] })
    const w = tensor([1])
    expect(() => f(w, w)).toThrow(/passed twice/)
    expect(await w.array()).toEqual([1])
  })

  test('inside another trace it is inlined, so that gradients flow through it', async () => {
    const f = jit((x: Tensor) => sum(mul(x, x)))
    expect(await grad(f)(tensor([1, 2, 3])).array()).toEqual([2, 4, 6])
    expect(await jit((x: Tensor) => mul(f(x), 10))(tensor([1, 2])).item()).toBe(50)
  })

  test('a captured tensor is an input, also one that is still pending', async () => {
    const pending = add(tensor([1, 2]), 1)
    const f = jit((x: Tensor) => add(x, pending))
    expect(await f(tensor([10, 10])).array()).toEqual([12, 13])
  })

  test('a captured JavaScript value that changes is reported, since it is frozen', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    let rate = 0.1
    const f = jit((x: Tensor) => mul(x, rate))
    await f(tensor([10])).data()
    rate = 0.2
    await f(tensor([10])).data()
    expect(warn).toHaveBeenCalledOnce()
    expect(String(warn.mock.calls[0]![0])).toMatch(/gave another graph when it was traced a second time/)
  })

  test('what is neither tensor nor number nor static value is refused', () => {
    const f = jit((x: unknown) => tensor([Number(x)]))
    expect(() => f(Symbol('x'))).toThrow(ArgumentError)
    expect(() => jit((() => 3) as () => unknown)()).toThrow(/must return tensors/)
  })

  test('reading a tensor inside a trace is refused with a remedy', async () => {
    const seen: Promise<unknown>[] = []
    jit((x: Tensor) => {
      seen.push(x.data())
      return x
    })(tensor([1]))
    await expect(seen[0]).rejects.toThrow(/has no value yet/)
  })
})

describe('eager use', () => {
  test('realize cuts the history and keeps the values', async () => {
    let x = tensor([1])
    for (let i = 0; i < 50; i++) x = await realize(add(x, 1))
    expect(x.depth).toBe(0)
    expect(await x.item()).toBe(51)
  })

  test('a chain that nobody realizes ends in an error that says what to do', () => {
    let x = tensor([1])
    expect(() => {
      for (let i = 0; i < 20_000; i++) x = add(x, 1)
    }).toThrow(/realize\(\.\.\.\) now and then, or wrap the step in jit/)
  })

  test('a tensor in a JavaScript condition is an error, not a silent truth', () => {
    expect(() => (tensor([1]) as unknown as number) > 0).toThrow(/use its operations/)
  })

  test('one tensor can be read many times, and many readers share one computation', async () => {
    const x = mul(tensor([2, 3]), 2)
    const [a, b] = await Promise.all([x.array(), x.array()])
    expect(a).toEqual(b)
    expect(await add(x, x).array()).toEqual([8, 12])
  })

  test('a disposed tensor cannot be used', async () => {
    const x = tensor([1])
    x.dispose()
    await expect(x.data()).rejects.toThrow(/was disposed/)
  })
})

describe('gradients', () => {
  test('nest', async () => {
    const cube = (x: Tensor) => sum(mul(mul(x, x), x))
    const second = grad((x: Tensor) => sum(grad(cube)(x)))
    expect(await second(tensor([1, 2])).array()).toEqual([6, 12])
  })

  test('come for the arguments that are asked for, beside the value and what else the function returns', async () => {
    const f = (x: Tensor, y: Tensor): [Tensor, { twice: Tensor }] => [sum(mul(x, y)), { twice: mul(x, 2) }]
    const [[value, aux], gradients] = valueAndGrad(f, { argnums: [0, 1], hasAux: true })(
      tensor([1, 2]),
      tensor([3, 4]),
    ) as unknown as [[Tensor, { twice: Tensor }], [Tensor, Tensor]]
    expect(await value.item()).toBe(11)
    expect(await aux.twice.array()).toEqual([2, 4])
    expect(await Promise.all(gradients.map((gradient) => gradient.array()))).toEqual([
      [3, 4],
      [1, 2],
    ])
  })

  test('refuse a loss that is no scalar and leaves that are no floats', () => {
    expect(() => grad((x: Tensor) => mul(x, 2))(tensor([1, 2]))).toThrow(/must be a scalar, got float32\[2\]/)
    expect(() => grad((x: Tensor) => sum(x))(tensor([1, 2], { dtype: 'int32' }))).toThrow(
      /cannot differentiate with respect to int32\[2\]/,
    )
  })
})
