// Losses beyond what the op goldens hold: PyTorch's values in float64, extremes in float32, derivatives, and errors.

import { expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as losses from '../../src/ops/losses.ts'
import { sum } from '../../src/ops/reductions.ts'
import { readArray, readData, readItem, tensor } from '../../src/runtime/host.ts'

/** The greatest absolute error of an entry. */
function errorOf(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length)
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)))
}
const float64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' })

const predictions = [
  [0.5, -2, 3],
  [0, 1, -1],
]
const targets = [
  [0, 1, 0.5],
  [0.25, 1, 1],
]

test.each([
  {
    name: 'huber',
    loss: (x: Tensor, y: Tensor) => losses.huber(x, y, { delta: 1.5 }),
    values: [2.0416666666666665, 0.6354166666666666],
    gradient: [1 / 6, -0.5, 0.5, -1 / 12, 0, -0.5],
  },
  {
    name: 'meanAbsoluteError',
    loss: losses.meanAbsoluteError,
    values: [2, 0.75],
    gradient: [1 / 3, -1 / 3, 1 / 3, -1 / 3, 0, -1 / 3],
  },
  {
    name: 'sigmoidBinaryCrossEntropy',
    loss: losses.sigmoidBinaryCrossEntropy,
    values: [1.5498641155989406, 0.7732235185321303],
    gradient: [0.20748644373395153, -0.29359902599262744, 0.15085804227414445, 0.08333333333333333, -0.08964714045666503, -0.2436861928766683], // prettier-ignore
  },
])('$name has the values and gradients of PyTorch, averaged within each sample', async ({ loss, values, gradient }) => {
  expect(errorOf(await readData(loss(float64(predictions), float64(targets))), values)).toBeLessThan(1e-12)
  const gradients = grad((x: Tensor) => sum(loss(x, float64(targets))))(float64(predictions))
  expect(errorOf(await readData(gradients), gradient)).toBeLessThan(1e-12)
})

test('cross-entropy takes labels of every integer dtype and probabilities, and agrees with itself', async () => {
  const logits = tensor([
    [1, 2, 3],
    [0, -1, 0.5],
  ])
  const expected = await readData(
    losses.softmaxCrossEntropy(
      logits,
      tensor([
        [0, 0, 1],
        [1, 0, 0],
      ]),
    ),
  )
  for (const dtype of ['uint8', 'int32', 'uint32'] as const) {
    const loss = losses.softmaxCrossEntropy(logits, tensor([2, 0], { dtype }))
    expect(loss.shape).toEqual([2])
    expect(errorOf(await readData(loss), [...expected])).toBeLessThan(1e-6)
  }
})

test('cross-entropy takes any leading axes', async () => {
  const logits = tensor([
    [
      [0, 1],
      [2, 3],
    ],
    [
      [4, 4],
      [1, -1],
    ],
  ])
  const loss = losses.softmaxCrossEntropy(
    logits,
    tensor(
      [
        [1, 0],
        [0, 0],
      ],
      { dtype: 'int32' },
    ),
  )
  expect(loss.shape).toEqual([2, 2])
  expect(
    errorOf(await readData(loss), [
      Math.log1p(Math.exp(-1)),
      Math.log1p(Math.exp(1)),
      Math.LN2,
      Math.log1p(Math.exp(-2)),
    ]),
  ).toBeLessThan(1e-6)
})

test('cross-entropy and its gradient stay finite at extreme float32 logits', async () => {
  const logits = tensor([
    [1e4, -1e4, 0],
    [3e38, 0, -3e38],
  ])
  const labels = tensor([0, 1], { dtype: 'uint8' })
  expect([...(await readData(losses.softmaxCrossEntropy(logits, labels)))]).toEqual([0, Math.fround(3e38)])
  const gradient = grad((x: Tensor) => sum(losses.softmaxCrossEntropy(x, labels)))(logits)
  expect(await readArray(gradient)).toEqual([
    [0, 0, 0],
    [1, -1, 0],
  ])
})

test('the gradient of cross-entropy is softmax minus the label', async () => {
  const gradient = grad((x: Tensor) =>
    losses.softmaxCrossEntropy(x, tensor([1], { dtype: 'int32' }), { reduction: 'mean' }),
  )
  expect(
    errorOf(await readData(gradient(float64([[0, Math.log(2), Math.log(5)]]))), [1 / 8, 2 / 8 - 1, 5 / 8]),
  ).toBeLessThan(1e-12)
})

test('the binary cross-entropy has its exact derivative at a logit of 0', async () => {
  const loss = (x: Tensor) => sum(losses.sigmoidBinaryCrossEntropy(x, float64([1, 0, 0.5])))
  expect(errorOf(await readData(grad(loss)(float64([0, 0, 0]))), [-0.5, 0.5, 0])).toBeLessThan(1e-12)
})

test('reduction gives one value per sample, their mean or their sum', async () => {
  const [x, y] = [float64(predictions), float64(targets)]
  const perSample = await readData(losses.meanSquaredError(x, y))
  expect(errorOf(perSample, [(0.25 + 9 + 6.25) / 3, (0.0625 + 0 + 4) / 3])).toBeLessThan(1e-12)
  expect(await readItem(losses.meanSquaredError(x, y, { reduction: 'sum' }))).toBeCloseTo(
    perSample[0]! + perSample[1]!,
    12,
  )
  expect(await readItem(losses.meanSquaredError(x, y, { reduction: 'mean' }))).toBeCloseTo(
    (perSample[0]! + perSample[1]!) / 2,
    12,
  )
  expect(losses.meanSquaredError(float64([1, 2]), float64([0, 0])).shape).toEqual([2])
})

test('labels that do not fit are refused with both shapes and a remedy', () => {
  const logits = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])
  const entropy = (labels: Tensor) => () => losses.softmaxCrossEntropy(logits, labels)
  expect(entropy(tensor([[0], [1]], { dtype: 'int32' }))).toThrow(ShapeError)
  expect(entropy(tensor([[0], [1]], { dtype: 'int32' }))).toThrow(
    'softmaxCrossEntropy: labels int32[2, 1] do not fit logits float32[2, 3]: drop the last axis: squeeze(labels, -1)',
  )
  expect(entropy(tensor([0, 1, 2], { dtype: 'int32' }))).toThrow('expected integers of shape [2]')
  expect(entropy(tensor([0, 1]))).toThrow(DTypeError)
  expect(entropy(tensor([0, 1]))).toThrow("cast(labels, 'int32')")
  expect(
    entropy(
      tensor([
        [0, 1],
        [1, 0],
      ]),
    ),
  ).toThrow('expected probabilities of shape [2, 3], or integers (0 to 2) of shape [2]')
  expect(
    entropy(
      tensor(
        [
          [0, 0, 1],
          [0, 1, 0],
        ],
        { dtype: 'uint8' },
      ),
    ),
  ).toThrow("cast(labels, 'float32')")
  expect(entropy(tensor([true, false]))).toThrow(DTypeError)
  expect(() => losses.softmaxCrossEntropy(tensor([0, 1], { dtype: 'int32' }), logits)).toThrow('swapped')
})

test('predictions and targets of different shapes, unknown reductions and a bad delta are refused', () => {
  expect(() => losses.meanSquaredError(tensor([1, 2]), tensor([[1], [2]]))).toThrow(
    'meanSquaredError: predictions float32[2] and targets float32[2, 1] differ in shape: reshape one of them',
  )
  // @ts-expect-error: no such reduction
  expect(() => losses.huber(tensor([1]), tensor([1]), { reduction: 'median' })).toThrow(ArgumentError)
  expect(() => losses.huber(tensor([1]), tensor([1]), { delta: 0 })).toThrow(ArgumentError)
})
