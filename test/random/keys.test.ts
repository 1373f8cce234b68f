// Threefry against the known answers of Random123 (kat_vectors of Salmon et al., SC 2011; JAX's tests/random_test.py has the same), and
// keys against what JAX 0.10.2 prints with jax_threefry_partitionable, its default (those of seed 42 also stand in its manual, "Pseudorandom
// numbers"). jax.test.ts compares more of them.

import { expect, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { bits, foldIn, key, split, splitKeys } from '../../src/random/index.ts'
import { threefry } from '../../src/primitives/threefry.ts'
import { readArray, readData, tensor } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'

const word = (value: number) => tensor(value, { dtype: 'uint32' })

test.each([
  { key: [0, 0], count: [0, 0], output: [0x6b200159, 0x99ba4efe] },
  { key: [0xffffffff, 0xffffffff], count: [0xffffffff, 0xffffffff], output: [0x1cb996fc, 0xbb002be7] },
  { key: [0x13198a2e, 0x03707344], count: [0x243f6a88, 0x85a308d3], output: [0xc4923a9c, 0x483df7a0] },
])('Threefry-2x32 gives the published words $output', async ({ key: k, count, output }) => {
  const words = [...k, ...count].map(word)
  const hashed = ([0, 1] as const).map((half) => threefry(words, { word: half }))
  expect(await Promise.all(hashed.map(async (half) => (await readData(half))[0]))).toEqual(output)
})

test('a seed below 2^53 fills both words of its key', async () => {
  expect(await readArray(key(42))).toEqual([0, 42])
  expect(await readArray(key(2 ** 32 + 7))).toEqual([1, 7])
  expect(await readArray(key(0xffffffff))).toEqual([0, 0xffffffff])
  expect(await readArray(key(tensor(5, { dtype: 'int32' })))).toEqual([0, 5])
})

test('split gives the keys of jax.random.split', async () => {
  expect(await readArray(split(key(0), 3))).toEqual([
    [1797259609, 2579123966],
    [928981903, 3453687069],
    [4146024105, 2718843009],
  ])
  expect(await readArray(split(key(42)))).toEqual([
    [1832780943, 270669613],
    [64467757, 2916123636],
  ])
})

test('splitKeys gives the rows of split', async () => {
  const rows = await readArray(split(key(7), 4))
  expect(await Promise.all(splitKeys(key(7), 4).map((each) => readArray(each)))).toEqual(rows)
})

test('the key folded with i is row i of a split', async () => {
  const rows = await readArray(split(key(3), 5))
  const folded = await Promise.all([0, 1, 2, 3, 4].map((i) => readArray(foldIn(key(3), i))))
  expect(folded).toEqual(rows)
})

test('a draw of bits depends on the position alone, not on the shape', async () => {
  const flat = await readData(bits(key(1), [12]))
  expect(await readData(bits(key(1), [3, 4]))).toEqual(flat)
  expect((await readData(bits(key(1), [20]))).slice(0, 12)).toEqual(flat)
  expect((await readData(bits(key(1), [])))[0]).toBe(flat[0])
  expect((await readData(bits(key(1), [0]))).length).toBe(0)
})

test('half of the bits at every position of the word are set', async () => {
  const words = Array.from(await readData(bits(key(9), [4096])))
  for (let position = 0; position < 32; position++) {
    const ones = words.reduce((count, value) => count + ((value >>> position) & 1), 0)
    expect(Math.abs(ones - 2048), `bit ${position}`).toBeLessThan(5 * 32) // five standard deviations
  }
})

test('keys as arguments of a compiled function give what they give outside, seeds and steps too', async () => {
  const step = jit((k: ReturnType<typeof key>, at: number) => bits(splitKeys(foldIn(k, at))[1]!, [5]))
  for (const [seed, at] of [
    [0, 0],
    [1, 3],
    [2 ** 40, 1000],
  ] as const) {
    const eager = await readData(bits(splitKeys(foldIn(key(seed), at))[1]!, [5]))
    expect(await readData(step(key(seed), at))).toEqual(eager)
  }
})

test('what is no seed and what is no key is refused with a remedy', () => {
  expect(() => key(1.5)).toThrow(ArgumentError)
  expect(() => key(-1)).toThrow('random.key: expected an integer from 0 to 2^53 - 1, got -1')
  expect(() => key(tensor([1, 2], { dtype: 'int32' }))).toThrow(ShapeError)
  expect(() => split(tensor([1, 2]))).toThrow(DTypeError)
  expect(() => split(split(key(0)))).toThrow('take one row of what split gave')
  expect(() => split(key(0), 0)).toThrow(ArgumentError)
  expect(() => bits(key(0), [-1])).toThrow(ShapeError)
})
