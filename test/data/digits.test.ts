import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { digits } from '../../src/data/digits/digits.ts'

function hash(data: ArrayLike<number>): string {
  return createHash('sha256').update(Uint8Array.from(data)).digest('hex').slice(0, 16)
}

describe('digits', () => {
  test('have the form of MNIST', async () => {
    const dataset = await digits({ trainCount: 30, testCount: 20 })
    expect(dataset).toMatchObject({ name: 'digits', source: 'generated digits', classes: 10 })
    expect(dataset.train.inputs).toMatchObject({ shape: [30, 28, 28], dtype: 'uint8' })
    expect(dataset.train.inputs.data).toHaveLength(30 * 784)
    expect(dataset.test.targets).toMatchObject({ shape: [20], dtype: 'uint8' })
  })

  test('are the same bytes for the same seed, on every machine', async () => {
    const dataset = await digits({ trainCount: 20, testCount: 10, seed: 7 })
    expect(dataset.train.targets.data.join('')).toBe('10279865437582134609')
    expect(hash(dataset.train.inputs.data)).toBe('149569f710695d24')
    expect(hash(dataset.test.inputs.data)).toBe('4bb1ca7745b4d376')
  })

  test('do not depend on how many are asked for', async () => {
    const few = await digits({ trainCount: 13, testCount: 7 })
    const many = await digits({ trainCount: 50, testCount: 40 })
    expect(many.train.inputs.data.subarray(0, 13 * 784)).toEqual(few.train.inputs.data)
    expect(many.train.targets.data.subarray(0, 13)).toEqual(few.train.targets.data)
    expect(many.test.inputs.data.subarray(0, 7 * 784)).toEqual(few.test.inputs.data)
  })

  test('differ between seeds and between training and test', async () => {
    const one = await digits({ trainCount: 10, testCount: 10, seed: 1 })
    const two = await digits({ trainCount: 10, testCount: 10, seed: 2 })
    expect(one.train.inputs.data).not.toEqual(two.train.inputs.data)
    expect(one.train.inputs.data).not.toEqual(one.test.inputs.data)
  })

  test('are balanced: every ten samples hold every class once, in changing order', async () => {
    const { train } = await digits({ trainCount: 100, testCount: 1 })
    const blocks = Array.from({ length: 10 }, (_, block) => [
      ...train.targets.data.subarray(10 * block, 10 * block + 10),
    ])
    for (const block of blocks) expect(block.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(new Set(blocks.map((block) => block.join(''))).size).toBeGreaterThan(8)
  })

  test('are prepared as MNIST is: 20 pixels high or wide, their ink centred at (14, 14)', async () => {
    const { train } = await digits({ trainCount: 200, testCount: 1 })
    for (let sample = 0; sample < 200; sample++) {
      const image = train.inputs.data.subarray(sample * 784, (sample + 1) * 784)
      let [mass, massX, massY] = [0, 0, 0]
      let [left, right, top, bottom] = [28, -1, 28, -1]
      image.forEach((ink, pixel) => {
        const [x, y] = [pixel % 28, Math.floor(pixel / 28)]
        mass += ink
        massX += ink * x
        massY += ink * y
        if (ink === 0) return
        left = Math.min(left, x)
        right = Math.max(right, x)
        top = Math.min(top, y)
        bottom = Math.max(bottom, y)
      })
      const size = Math.max(right - left, bottom - top) + 1
      expect(size).toBeGreaterThanOrEqual(19)
      expect(size).toBeLessThanOrEqual(22)
      expect(Math.abs(massX / mass - 14)).toBeLessThanOrEqual(1.5)
      expect(Math.abs(massY / mass - 14)).toBeLessThanOrEqual(1.5)
    }
  })

  test('report progress up to the end and stop with the reason of a signal', async () => {
    const received: number[] = []
    await digits({ trainCount: 600, testCount: 10, onProgress: (step) => received.push(step.received) })
    expect(received.at(-1)).toBe(610)
    expect(received).toEqual(received.toSorted((a, b) => a - b))

    const control = new AbortController()
    const promise = digits({ trainCount: 60_000, signal: control.signal })
    control.abort(new Error('enough'))
    await expect(promise).rejects.toThrow('enough')
  })

  test('refuse counts and seeds out of range', async () => {
    await expect(digits({ trainCount: 0 })).rejects.toThrow(ArgumentError)
    await expect(digits({ testCount: 1.5 })).rejects.toThrow('testCount must be a positive integer, not 1.5')
    await expect(digits({ seed: 2 ** 40 })).rejects.toThrow('seed must be a 32-bit integer')
  })
})
