// The accuracy metric.

import { expect, test } from 'vitest'
import { ShapeError } from '../../src/core/errors.ts'
import { accuracy } from '../../src/metrics/index.ts'
import { readArray, tensor } from '../../src/runtime/host.ts'

const logits = tensor([
  [0.1, 2, -1],
  [3, 3, 0],
  [0, 0, 1],
])

test('accuracy is 1 where the first greatest logit is the label, per sample', async () => {
  const result = accuracy(logits, tensor([1, 1, 2], { dtype: 'uint8' }))
  expect(result.dtype).toBe('float32')
  expect(await readArray(result)).toEqual([1, 0, 1])
})

test('accuracy takes one-hot labels and probabilities', async () => {
  const labels = tensor([
    [0, 1, 0],
    [0.6, 0.3, 0.1],
    [1, 0, 0],
  ])
  expect(await readArray(accuracy(logits, labels))).toEqual([1, 1, 0])
})

test('accuracy refuses labels of another count', () => {
  expect(() => accuracy(logits, tensor([0, 1], { dtype: 'int32' }))).toThrow(ShapeError)
})
