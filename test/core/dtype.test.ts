// dtypes: promotion, sizes, and the classes of errors.

import { describe, expect, test } from 'vitest'
import { bytesOf, formatAval, sameAval } from '../../src/core/aval.ts'
import { DTYPES, hostArrayOf, hostBytes, isFloating, isInteger, promote } from '../../src/core/dtype.ts'
import * as errors from '../../src/core/errors.ts'

describe('dtypes', () => {
  test('promote to the wider one, in either order', () => {
    for (const a of DTYPES) {
      for (const b of DTYPES) {
        expect(promote(a, b)).toBe(promote(b, a))
        expect([a, b]).toContain(promote(a, b))
      }
    }
    expect([promote('bool', 'int32'), promote('int32', 'float32'), promote('float32', 'float64')]).toEqual([
      'int32',
      'float32',
      'float64',
    ])
  })

  test('are each a float, an integer, or bool', () => {
    for (const dtype of DTYPES)
      expect([isFloating(dtype), isInteger(dtype), dtype === 'bool'].filter(Boolean)).toHaveLength(1)
  })

  test('have host arrays of their size, filled with zeros', () => {
    for (const dtype of DTYPES) {
      const array = hostArrayOf(dtype, 3)
      expect([array.length, array.BYTES_PER_ELEMENT, ...array]).toEqual([3, hostBytes(dtype), 0, 0, 0])
    }
  })
})

describe('avals', () => {
  test('are the same only in shape and dtype', () => {
    const a = { shape: [2, 3], dtype: 'float32' } as const
    expect(sameAval(a, { ...a })).toBe(true)
    expect(sameAval(a, { ...a, dtype: 'int32' })).toBe(false)
    expect(sameAval(a, { ...a, shape: [3, 2] })).toBe(false)
  })

  test('print and count their bytes', () => {
    expect(formatAval({ shape: [2, 3], dtype: 'float64' })).toBe('float64[2, 3]')
    expect([
      bytesOf({ shape: [2, 3], dtype: 'float64' }),
      bytesOf({ shape: [5], dtype: 'bool' }),
      bytesOf({ shape: [0], dtype: 'int32' }),
    ]).toEqual([48, 5, 0])
  })
})

test('every error carries its class name and is a WgradError', () => {
  for (const [name, Class] of Object.entries(errors)) {
    const origin = { operation: 'log', location: null, inputs: [], output: null, foundIn: 'loss' }
    const error = new Class('what to do', origin)
    expect(error).toBeInstanceOf(errors.WgradError)
    expect([error.name, error.message]).toEqual([name, 'what to do'])
  }
})
