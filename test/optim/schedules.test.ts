// Learning rate schedules and gradient clipping.

import { expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { clipByGlobalNorm, globalNorm, learningRateAt, schedules } from '../../src/optim/index.ts'
import { readArray, readItem, tensor } from '../../src/runtime/host.ts'

test('a learning rate is a number or a function of the step', () => {
  expect(learningRateAt(0.1, 7)).toBe(0.1)
  expect(learningRateAt((step) => step / 10, 7)).toBe(0.7)
  expect(schedules.constant(0.2)(100)).toBe(0.2)
})

test('step decay falls in steps, exponential decay between them', () => {
  const [stairs, slope] = [schedules.stepDecay, schedules.exponentialDecay].map((make) =>
    make({ rate: 1, factor: 0.25, every: 10 }),
  )
  expect([0, 9, 10, 19, 20].map(stairs!)).toEqual([1, 1, 0.25, 0.25, 0.0625])
  expect([0, 5, 10, 20].map(slope!)).toEqual([1, 0.5, 0.25, 0.0625])
})

test('cosine decay goes from its rate to its final rate and stays there', () => {
  const rate = schedules.cosineDecay({ rate: 1, steps: 100, final: 0.2 })
  expect(rate(0)).toBe(1)
  expect(rate(50)).toBeCloseTo(0.6, 12)
  expect([rate(100), rate(1000)]).toEqual([0.2, 0.2])
})

test('linear warm-up rises to what follows it', () => {
  const after = schedules.stepDecay({ rate: 1, factor: 0.5, every: 2 })
  const rate = schedules.linearWarmup({ steps: 4, after })
  expect([0, 1, 2, 3, 4, 5, 6].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 0.5])
  expect(schedules.linearWarmup({ steps: 2, after: 0.1 })(5)).toBe(0.1)
})

test('schedules refuse rates and lengths that make none', () => {
  expect(() => schedules.constant(-1)).toThrow(ArgumentError)
  expect(() => schedules.cosineDecay({ rate: 1, steps: 0 })).toThrow(
    'schedules.cosineDecay: steps must be a positive number, got 0',
  )
  expect(() => schedules.stepDecay({ rate: Number.NaN, factor: 0.1, every: 1 })).toThrow(ArgumentError)
  expect(() => schedules.linearWarmup({ steps: 5, after: -1 })).toThrow(ArgumentError)
})

test('the global norm is that of all gradients together', async () => {
  expect(await readItem(globalNorm({ a: tensor([3, 0]), b: [tensor([[4]]), tensor([12])] }))).toBe(13)
})

test('clipping scales gradients down to the limit, and leaves shorter ones exactly as they are', async () => {
  const gradients = { a: tensor([3, 0]), b: tensor([4]) }
  const clipped = clipByGlobalNorm(gradients, 1)
  expect(await readItem(globalNorm(clipped))).toBeCloseTo(1, 6)
  expect(await readItem(clipped.b)).toBeCloseTo(0.8, 6)
  const free = clipByGlobalNorm(gradients, 100)
  expect([await readArray(free.a), await readArray(free.b)]).toEqual([[3, 0], [4]])
  const zero = clipByGlobalNorm([tensor([0, 0])], 1)
  expect(await readArray(zero[0]!)).toEqual([0, 0])
})

test('clipping refuses a limit that is not positive, and trees of something else', () => {
  expect(() => clipByGlobalNorm([tensor([1])], 0)).toThrow(ArgumentError)
  expect(() => globalNorm({ a: 1 })).toThrow('globalNorm: expected a tree of tensors, got number at a')
  expect(() => globalNorm([])).toThrow(ArgumentError)
})
