// The TypeScript generators of the CNN and the transformer against make.py's: same data and weights.

import { expect, test } from 'vitest'
import { checksum } from './kerasMlp.ts'
import { CNN_SCALES, cnnImages, cnnKernels, cnnLabels, networkGolden, sequences, TRAINING, transformerIntegers } from './networks.ts' // prettier-ignore

test('the generator makes the images, labels and kernels that the CNN was trained from', () => {
  const { generator } = networkGolden('cnn')
  expect(checksum(cnnImages().data)).toBe(generator['images'])
  expect(checksum(cnnLabels().data)).toBe(generator['labels'])
  for (const [name, { data }] of Object.entries(cnnKernels())) {
    const scale = CNN_SCALES[name as keyof typeof CNN_SCALES]
    expect(checksum(Array.from(data, (value) => value * scale)), name).toBe(generator[name])
  }
})

test('the generator makes the tokens and weights that the transformer was trained from', () => {
  const { tokens, ...weights } = networkGolden('transformer').generator
  expect(checksum(sequences().data)).toBe(tokens)
  const sums = Object.entries(transformerIntegers()).map(([name, values]) => [name, checksum(values)])
  expect(Object.fromEntries(sums)).toEqual(weights)
})

test.each(['cnn', 'transformer'] as const)('the losses of the %s go down, and float32 stays by float64', (name) => {
  const { float32, float64 } = networkGolden(name)
  expect([float32.length, float64.length]).toEqual([TRAINING.steps, TRAINING.steps])
  float64.forEach((loss, i) => expect(Math.abs(float32[i]! / loss - 1)).toBeLessThan(1e-5))
  expect(float64.at(-1)).toBeLessThan(0.3 * float64[0]!)
})
