// The assembler: constants, scopes and loops as the engine reads them, and what it says of text that is wrong.

import { expect, test } from 'vitest'
import { assemble, type ValueType, type WasmFunction } from '../../../src/backend/cpu/wasm/assembler.ts'

const MEMORY = { maxPages: 1, shared: false }

const fn = (text: string, result?: ValueType, parameters: WasmFunction['parameters'] = []): WasmFunction => ({
  name: 'f',
  parameters,
  text,
  exported: true,
  ...(result === undefined ? {} : { result }),
})

async function run(given: WasmFunction, ...operands: number[]): Promise<{ value: unknown; words: Int32Array }> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const twice = {
    name: 'twice',
    parameters: ['f32' as const],
    result: 'f32' as const,
  }
  const bytes = assemble([given], [twice], MEMORY)
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, twice: (x: number) => 2 * x } })
  const { f } = instance.exports
  if (typeof f !== 'function') throw new Error('f is not exported')
  const value: unknown = f(...operands)
  return { value, words: new Int32Array(memory.buffer) }
}

test.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, -8193, 2 ** 31 - 1, -(2 ** 31)])(
  'the int32 %i',
  async (value) => {
    expect((await run(fn(`(i32.const ${value})`, 'i32'))).value).toBe(value)
  },
)

test.each(['-0', '0.1', '3.4028234663852886e+38', '1e-45', 'Infinity', '-Infinity', 'NaN'])(
  'the float32 %s',
  async (text) => {
    expect((await run(fn(`(f32.const ${text})`, 'f32'))).value).toBe(Math.fround(Number(text)))
    expect((await run(fn(`(f64.const ${text})`, 'f64'))).value).toBe(Number(text))
  },
)

test('constants of vectors repeat what they are given', async () => {
  const stored = (constant: string): WasmFunction => fn(`(v128.store offset=16 (i32.const 0) ${constant})`)
  const wordsOf = async (constant: string): Promise<number[]> =>
    Array.from((await run(stored(constant))).words.subarray(4, 8))
  expect(await wordsOf('(v128.const i32x4 -7)')).toEqual([-7, -7, -7, -7])
  expect(await wordsOf('(v128.const i32x4 1 2 3 4)')).toEqual([1, 2, 3, 4])
  const bits = new Int32Array(new Float32Array([0.5]).buffer)[0]
  expect(await wordsOf('(v128.const f32x4 0.5)')).toEqual([bits, bits, bits, bits])
  expect(await wordsOf('(v128.const f64x2 1)')).toEqual([0, 0x3ff00000, 0, 0x3ff00000])
})

test('a local is known to the end of its list, and hides one of its name outside', async () => {
  const text = `
    (local $x i32) (local.set $x (i32.const 1))
    (scope (local $x f32) (local.set $x (f32.const 2.5)) (f32.store (i32.const 0) $x))
    (scope (let $y f32 (f32.const 3.5)) (f32.store (i32.const 4) $y))
    (scope (let $x i32 (i32.add $x (i32.const 6))) (i32.store (i32.const 8) $x))
    (i32.add $x (i32.const 41))`
  const { value, words } = await run(fn(text, 'i32'))
  expect(value).toBe(42)
  expect(Array.from(new Float32Array(words.buffer, 0, 2))).toEqual([2.5, 3.5])
  expect(words[2]).toBe(7) // what it is set to is still the one outside
  expect(() => assemble([fn('(scope (local $x i32)) (local.set $x (i32.const 1))')], [], MEMORY)).toThrow(
    'f: $x is not declared',
  )
})

test('loops, conditions, calls and parameters', async () => {
  const text = `
    (local $sum f32) (local.set $sum (f32.const 0))
    (loop
      (if (i32.and $n (i32.const 1)) (then (local.set $sum (f32.add $sum $x))) (else (local.set $sum (call $twice $sum))))
      (br_if 0 (local.tee $n (i32.sub $n (i32.const 1)))))
    $sum`
  const parameters = [
    { name: '$n', type: 'i32' as const },
    { name: '$x', type: 'f32' as const },
  ]
  // n = 5, 4, 3, 2, 1: (((0 + x) · 2 + x) · 2 + x)
  expect((await run(fn(text, 'f32', parameters), 5, 1.5)).value).toBe(10.5)
})

test.each([
  ['(f32.shift $x)', 'f: there is no instruction f32.shift'],
  ['$x', 'f: $x is not declared'],
  ['(call $g)', 'there is no function $g'],
  ['((drop))', 'f: a list without a name'],
  ['(drop (i32.const 1)', 'a ")" is missing'],
  ['(drop (i32.const 1)))', 'a ")" too many'],
])('%s is refused', (text, message) => {
  expect(() => assemble([fn(text)], [], MEMORY)).toThrow(message)
})
