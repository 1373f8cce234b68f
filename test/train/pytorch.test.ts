// The lecture's Keras model (784-128-10, ReLU, softmax, SGD 0.01, batch 128) and its variants against PyTorch's goldens.

import { setDevice } from 'wgrad'
import { expect, test } from 'vitest'
import { kerasMlpGolden } from '../goldens/read.ts'
import { followGolden } from './parity.ts'

const TOLERANCE = 1e-5 // the goldens' float32 and float64 runs differ by 3e-7; 1e-4 is asked for

for (const name of ['sgd', 'momentum', 'adam'] as const) {
  test(`training on the CPU follows PyTorch's losses (${name})`, { timeout: 120_000 }, async () => {
    const result = await followGolden(name, await setDevice('cpu'))
    expect(result.steps).toBe(kerasMlpGolden().runs[name].steps)
    expect(result.losses).toBeLessThan(TOLERANCE)
    expect(result.evaluation).toBeLessThan(TOLERANCE)
  })
}

test('micro-batches accumulated on the device follow the same losses', { timeout: 120_000 }, async () => {
  const result = await followGolden('momentum', await setDevice('cpu'), { microBatchSize: 32 })
  expect(result.losses).toBeLessThan(TOLERANCE)
})
