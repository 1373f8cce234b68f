// debug.nans: the first operation that made NaN or infinity, its line, its inputs, and where it was found.

import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  add,
  checkpoint,
  createTrainer,
  customVjp,
  div,
  exp,
  grad,
  greater,
  jit,
  jvp,
  log,
  losses,
  mul,
  nn,
  NonFiniteError,
  optim,
  realize,
  scan,
  setDevice,
  softmax,
  sqrt,
  sub,
  sum,
  tensor,
  type Tensor,
  vmap,
  where,
  ArgumentError,
} from 'wgrad'
import { nans } from '../../src/debug/index.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { currentDevice } from '../../src/runtime/device.ts'
import { checkResults } from '../../src/runtime/nonFinite.ts'
import { originOf } from '../../src/runtime/origins.ts'

beforeAll(async () => {
  await setDevice('cpu')
})
afterEach(() => {
  nans(false)
})

/** The error that `task` ends in. */
async function failure(task: () => unknown): Promise<NonFiniteError> {
  try {
    await task()
  } catch (error) {
    if (error instanceof NonFiniteError) return error
    throw error
  }
  throw new Error('expected a NonFiniteError')
}

/** The line of this file from which it is called. */
function here(): number {
  const line = /nans\.test\.ts:(\d+):/.exec((new Error('here').stack ?? '').split('\n')[2] ?? '')?.[1]
  return Number(line)
}

function expectLine(error: NonFiniteError, line: number): void {
  expect(error.origin.location).toMatch(new RegExp(`/test/debug/nans\\.test\\.ts:${line}:\\d+$`))
}

describe('eager use', () => {
  test('names the operation, its line, its inputs and the element', async () => {
    nans(true)
    const x = tensor([4, 0, 1])
    const line = here() + 1
    const y = log(x)
    const error = await failure(() => add(y, 1).data())
    expect(error.origin).toMatchObject({ operation: 'log', inputs: ['float32[3]'], output: 'float32[3]' })
    expectLine(error, line)
    expect(error.message).toContain('infinity in 1 of 3 elements of float32[3], first at [1]: -Infinity of 0')
    expect(error.message).toContain('inputs: float32[3] from 0 to 4')
  })

  test('the first operation is named, not the last, and not one that only passes it on', async () => {
    nans(true)
    const x = tensor([[-1, 2], [3, 4]]) // prettier-ignore
    const line = here() + 1
    const root = sqrt(x)
    const error = await failure(() => realize({ z: log(sub(sum(mul(root, 2)), root)) }))
    expect(error.origin.operation).toBe('sqrt')
    expectLine(error, line)
    expect(error.message).toContain('first at [0, 0]: NaN of -1')
  })

  test('of two that are at fault, the one that was called first is named', async () => {
    nans(true)
    const second = tensor([0])
    const first = log(tensor([-1]))
    const error = await failure(() => add(div(1, second), first).data())
    expect(error.origin.operation).toBe('log')
  })

  test('inside a composite the composite is named too', async () => {
    nans(true)
    const error = await failure(() => softmax(tensor([Infinity, 1])).data())
    expect(error.origin.operation).toBe('sub') // inf - inf
    expect(error.message).toMatch(/^debug\.nans: sub, in softmax, at .*nans\.test\.ts/)
  })

  test('a tensor that was read before is read again without a second error elsewhere', async () => {
    nans(true)
    const bad = div(tensor([0]), 0)
    const error = await failure(() => bad.data())
    expect(await failure(() => bad.data())).toBe(error)
    expect(await failure(() => add(bad, 1).data())).toBe(error)
    expect(await add(tensor([1]), 1).array()).toEqual([2])
  })
})

describe('what is no error', () => {
  test('everything, while it is off', async () => {
    expect(await log(tensor([0, -1])).array()).toEqual([-Infinity, Number.NaN])
    nans(true)
    nans(false)
    expect(await log(tensor([0])).array()).toEqual([-Infinity])
  })

  test('values that no result depends on', async () => {
    nans(true)
    const x = tensor([1, 0])
    expect(await where(tensor([true, false]), log(x), 5).array()).toEqual([0, 5])
  })

  test('infinities that were given and passed on; NaN made of them is one', async () => {
    nans(true)
    const mask = where(tensor([true, false]), 0, -Infinity)
    expect(await mask.array()).toEqual([0, -Infinity])
    expect(await exp(add(tensor([0, 3]), mask)).array()).toEqual([1, 0])
    expect(await add(mask, tensor([1, 1])).array()).toEqual([1, -Infinity])
    expect((await failure(() => sub(mask, mask).data())).origin.operation).toBe('sub')
  })
})

describe('constants', () => {
  test('are what their author wrote: an infinite one that is passed on is no error, in eager use and in jit', async () => {
    nans(true)
    const mask = (x: Tensor) => where(greater(x, 0), 0, -Infinity)
    expect(await jit(mask)(tensor([1, -1])).array()).toEqual([0, -Infinity])
    expect(await jit((x: Tensor) => mul(x, Infinity))(tensor([1])).array()).toEqual([Infinity])
  })

  test('one that is NaN is named as such', async () => {
    nans(true)
    const scale = (x: Tensor) => mul(x, Number.NaN)
    for (const f of [scale, jit(scale)])
      expect((await failure(() => f(tensor([1])).data())).message).toContain('a constant holds NaN')
  })
})

test('what is not finite on the device alone is said to be so', async () => {
  const x = parameter({ shape: [2], dtype: 'float32' }, 'x')
  const device = currentDevice()
  const place = { buffer: device.backend.allocate(8), offset: 0 }
  device.backend.write(place, x.aval, Float32Array.of(1, 2))
  const graph = graphOf([x], [add(x, 1)])
  const run = { device, name: 'f', graph, again: null, inputs: [place], values: [], outputNames: ['y'] }
  const result = (values: number[]) => [{ shape: [2], dtype: 'float32', data: Float32Array.from(values) }] as const
  await checkResults(run, new Map(), result([2, 3]))
  const error = await failure(() => checkResults(run, new Map(), result([2, Number.NaN])))
  expect(error.origin).toMatchObject({ operation: null, foundIn: 'y of f' })
  expect(error.message).toMatch(/y of f is not finite on .* one by one on the CPU/)
})

describe('NaN that was given', () => {
  test('is said to be in the data', async () => {
    nans(true)
    const error = await failure(() => mul(tensor([1, Number.NaN]), 2).data())
    expect(error.origin.operation).toBeNull()
    expect(error.message).toContain('a tensor of data holds NaN before')
    expect(error.message).toContain('NaN in 1 of 2 elements of float32[2], first at [1]')
  })

  test('is said to be in the argument that holds it', async () => {
    nans(true)
    const f = jit(function scale(p: { w: Tensor }, x: Tensor) {
      return mul(p.w, x)
    })
    const error = await failure(() => f({ w: tensor([Number.NaN]) }, tensor([1])).data())
    expect(error.message).toContain('the argument [0].w holds NaN before scale computes anything')
  })
})

describe('jit', () => {
  test('names the line inside the function and the result', async () => {
    nans(true)
    let line = 0
    const f = jit(function model(p: { w: Tensor }, x: Tensor) {
      line = here() + 1
      const ratio = div(x, p.w)
      return { loss: sum(ratio), other: mul(x, 2) }
    })
    const result = f({ w: tensor([1, 0]) }, tensor([3, 3]))
    const error = await failure(() => result.loss.item())
    expect(error.origin).toMatchObject({ operation: 'div', foundIn: 'loss of model' })
    expectLine(error, line)
    expect(error.message).toContain('inputs: [1] float32[2] from 3 to 3; [0].w float32[2] from 0 to 1')
    expect(await failure(() => result.other.data())).toBe(error) // the call failed as a whole
  })

  test('a function that was compiled before nans was on is traced again for its lines', async () => {
    let line = 0
    const f = jit((x: Tensor) => {
      line = here() + 1
      return log(x)
    })
    expect(await f(tensor([1])).array()).toEqual([0])
    nans(true)
    expect(await f(tensor([1])).array()).toEqual([0])
    expectLine(await failure(() => f(tensor([0])).data()), line)
  })

  test('donated arguments are known although the call overwrote them', async () => {
    nans(true)
    const step = jit(
      function update(w: Tensor, rate: number | Tensor) {
        return sub(w, mul(rate, log(w)))
      },
      { donate: [0] },
    )
    const w = await realize(step(tensor([1, 2]), 0.5))
    const error = await failure(() => step(step(w, 100), 1).data())
    expect(error.origin.operation).toBe('log')
    expect(error.message).toMatch(/inputs: \[0\] float32\[2\] from -\d/)
  })

  test('a derivative is named with the operation and the line that it is the derivative of', async () => {
    nans(true)
    let line = 0
    const loss = (x: Tensor) => {
      line = here() + 1
      return sum(sqrt(x))
    }
    const error = await failure(() => jit(grad(loss))(tensor([4, 0])).data())
    expect(error.origin.operation).toBe('div') // dx / (2 sqrt(0))
    expectLine(error, line)
    expect(error.message).toMatch(/in the derivative of sqrt, at .*nans\.test\.ts/)
  })

  test('inside a custom derivative the operation is named, not the region', async () => {
    nans(true)
    const safeLog = customVjp({
      forward: (x) => ({ output: log(mul(x, 0)), residuals: [x] }),
      backward: ([x], cotangent) => [div(cotangent, x!)],
    })
    const error = await failure(() => jit((x: Tensor) => sum(safeLog(x)))(tensor([1, 2])).data())
    expect(error.origin.operation).toBe('log')
    expect(error.message).toContain('inside customVjp')
  })
})

describe('transforms that rebuild operations', () => {
  test('scan, checkpoint and vmap keep the lines of what they rebuild', async () => {
    nans(true)
    let line = 0
    const logarithm = (x: Tensor) => {
      line = here() + 1
      return log(sub(x, 1))
    }
    const start = tensor(1)
    const programs: readonly ((x: Tensor) => Tensor)[] = [
      (x) => scan((c: Tensor, v: Tensor) => [add(c, v), logarithm(v)] as const, start, x)[1],
      (x) => checkpoint(logarithm)(x),
      (x) => vmap(logarithm)(x),
      (x) => jvp(logarithm, [x], [x]).tangent,
    ]
    for (const program of programs) {
      const error = await failure(() => jit(program)(tensor([2, 1])).data())
      expectLine(error, line)
      expect(error.message).toContain('log')
    }
  })
})

describe('a trainer', () => {
  const split = {
    inputs: { shape: [8, 2], dtype: 'float32', data: Float32Array.from({ length: 16 }, (_, i) => i) },
    targets: { shape: [8, 1], dtype: 'float32', data: Float32Array.from({ length: 8 }, (_, i) => i) },
  } as const
  const make = (loss: (p: Tensor, t: Tensor) => Tensor, rate: number) =>
    createTrainer({
      model: nn.sequential([nn.dense(1)]),
      loss,
      optimizer: optim.sgd({ learningRate: rate, momentum: 0.9 }),
      data: {
        train: split,
        test: split,
      },
      batchSize: 4,
      microBatchSize: 2,
    })
  const squared = (p: Tensor, t: Tensor) => losses.meanSquaredError(p, t, { reduction: 'none' })

  test('stops at the step in which a value overflows, and names the operation', async () => {
    const trainer = await make(squared, 1e30)
    nans(true)
    let steps = 0
    const error = await failure(async () => {
      for await (const report of trainer.run({ steps: 20, reportEvery: 0 })) steps = report.step
    })
    expect(error.origin.operation).not.toBeNull()
    expect(error.origin.foundIn).toMatch(/of training step \d$/)
    expect(Number(/training step (\d+)/.exec(error.origin.foundIn)![1])).toBe(steps + 1)
    await trainer.dispose()
  })

  test("names the line of the user's loss", async () => {
    nans(true)
    let line = 0
    const trainer = await make((p, t) => {
      line = here() + 1
      return sum(log(mul(sub(p, t), 0)), -1)
    }, 0.01)
    const error = await failure(() => trainer.step())
    expect(error.origin.operation).toBe('log')
    expectLine(error, line)
    await trainer.dispose()
  })

  test('evaluation and prediction are checked too', async () => {
    const trainer = await make(squared, 1e-3)
    nans(true)
    expect((await trainer.evaluate()).count).toBe(8)
    const error = await failure(() =>
      trainer.predict({ shape: [1, 2], dtype: 'float32', data: Float32Array.of(Number.NaN, 1) }),
    )
    expect(error.origin.foundIn).toBe('the result of predict')
    await trainer.dispose()
  })

  test('trains as it does without, when nothing goes wrong', async () => {
    const runs: (readonly number[])[] = []
    for (const on of [false, true]) {
      nans(on)
      const trainer = await make(squared, 1e-3)
      const seen: number[] = []
      for await (const report of trainer.run({ steps: 6 })) seen.push(...report.losses)
      runs.push(seen)
      await trainer.dispose()
    }
    expect(runs[1]).toEqual(runs[0])
    expect(runs[0]!.length).toBe(6)
  })
})

test('what a failed call allocated is given back', async () => {
  const device = await setDevice('cpu')
  nans(true)
  const [x, y] = [tensor([0, 1]), tensor([2, 3])]
  const step = jit((a: Tensor, b: Tensor) => [log(a), add(a, b)], { donate: [1] })
  await device.idle()
  expect(device.memory().buffers).toBe(2)
  await failure(() => sqrt(sub(x, 1)).data())
  expect(device.memory().buffers).toBe(2)
  await failure(() => step(x, y)[0]!.data())
  expect(device.memory().buffers).toBe(1) // the donated one went with the call
})

test('operations are recorded only while it is on', () => {
  const recorded = (): boolean => {
    const { source } = add(tensor([1]), 1)
    return source.kind === 'apply' && originOf(source) !== null
  }
  expect(recorded()).toBe(false)
  nans(true)
  expect(recorded()).toBe(true)
  nans(false)
  expect(recorded()).toBe(false)
})

test('only a boolean switches it', () => {
  // @ts-expect-error: not a boolean
  expect(() => nans('yes')).toThrow(ArgumentError)
})
