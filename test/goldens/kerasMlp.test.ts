// The TypeScript generator of the Keras golden against make.py's: same images, labels, weights and batch order.

import { expect, test } from 'vitest'
import { checksum, images, KERAS_MLP, labels, order, weights } from './kerasMlp.ts'
import { kerasMlpGolden, lectureGolden } from './read.ts'

const golden = kerasMlpGolden()

test('the generator makes the images and labels that PyTorch was trained on', () => {
  expect(golden.samples).toBe(KERAS_MLP.samples)
  expect(golden.batchSize).toBe(KERAS_MLP.batchSize)
  expect(checksum(images().data)).toBe(golden.generator.images)
  expect(checksum(labels().data)).toBe(golden.generator.labels)
})

test('the generator makes the initial weights that PyTorch started from', () => {
  const { w1, b1, w2, b2 } = weights()
  expect(checksum(w1.data.map((value) => value * 2 ** 19))).toBe(golden.generator.w1)
  expect(checksum(w2.data.map((value) => value * 2 ** 17))).toBe(golden.generator.w2)
  expect([...b1.data, ...b2.data].every((value) => value === 0)).toBe(true)
})

test('the generator makes the batch order of every epoch that PyTorch saw', () => {
  expect(golden.generator.orders.map((_, epoch) => checksum(order(epoch)))).toEqual(golden.generator.orders)
  expect([...order(3)].sort((a, b) => a - b)).toEqual(Array.from({ length: KERAS_MLP.samples }, (_, i) => i))
})

test('the golden losses go down clearly, and float32 stays within 1e-4 of float64', () => {
  for (const [name, { steps, float32, float64 }] of Object.entries(golden.runs)) {
    expect([float32.losses.length, float64.losses.length], name).toEqual([steps, steps])
    float64.losses.forEach((loss, step) => {
      expect(Math.abs((float32.losses[step] ?? NaN) / loss - 1), `${name}, step ${step}`).toBeLessThan(1e-4)
    })
    expect(float64.losses.at(-1), name).toBeLessThan(0.5 * (float64.losses[0] ?? NaN))
  }
})

test("the lecture's goldens have its printed numbers", () => {
  const { nested, products, tanhNetwork } = lectureGolden()
  expect(nested.float64.derivative).toBeCloseTo(0.00255077238173787, 16)
  expect(products.j1j2v.map((value) => value.toFixed(2))).toEqual(['-0.66', '0.22', '-0.10'])
  const columnSums = tanhNetwork.x.map((_, j) => tanhNetwork.jacobian.reduce((sum, row) => sum + (row[j] ?? NaN), 0))
  columnSums.forEach((sum, j) => expect(sum).toBeCloseTo(tanhNetwork.gradient[j] ?? NaN, 14))
})
