// Shapes: broadcasting by NumPy's rules, axes, strides, and errors that name what was given.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { broadcastShapes, checkShape, formatShape, normalizeAxes, normalizeAxis, otherAxes, sameShape, sizeOf, stridesOf } from '../../src/core/shape.ts' // prettier-ignore

describe('broadcastShapes', () => {
  test('stretches extents of 1 and adds leading axes', () => {
    expect(broadcastShapes('add', [3, 1], [4])).toEqual([3, 4])
    expect(broadcastShapes('add', [], [2, 3])).toEqual([2, 3])
    expect(broadcastShapes('where', [2, 1, 1], [3, 1], [4])).toEqual([2, 3, 4])
  })

  test('stretches 1 to 0, since there is nothing to repeat', () => {
    expect(broadcastShapes('add', [1, 3], [0, 3])).toEqual([0, 3])
  })

  test('names the operation, both shapes and the axis when two extents differ', () => {
    expect(() => broadcastShapes('add', [3, 4], [2, 4])).toThrow(ShapeError)
    expect(() => broadcastShapes('add', [3, 4], [2, 4])).toThrow(
      /add: shapes \[3, 4\] and \[2, 4\] do not broadcast: 3 and 2 differ at axis -2/,
    )
  })

  test('does not depend on the order of the operands', () => {
    const extents = fc.array(fc.constantFrom(1, 3), { maxLength: 4 })
    fc.assert(fc.property(extents, extents, (a, b) => { expect(broadcastShapes('add', a, b)).toEqual(broadcastShapes('add', b, a)) })) // prettier-ignore
  })
})

describe('axes', () => {
  test('count from the end when negative', () => {
    expect(normalizeAxis('sum', -1, 3)).toBe(2)
    expect(normalizeAxes('sum', [-1, 0], 3)).toEqual([0, 2])
  })

  test('are all axes when none is named', () => {
    expect(normalizeAxes('sum', undefined, 3)).toEqual([0, 1, 2])
    expect(normalizeAxes('sum', [], 3)).toEqual([])
  })

  test('out of range, or fractions, are refused with the range that is allowed', () => {
    expect(() => normalizeAxis('max', 2, 2)).toThrow(/max: axis 2 is out of range for rank 2 \(allowed: -2 \.\. 1\)/)
    expect(() => normalizeAxis('max', 0.5, 2)).toThrow(ShapeError)
    expect(() => normalizeAxis('max', 0, 0)).toThrow(ShapeError)
  })

  test('named twice are refused, also once from either end', () => {
    expect(() => normalizeAxes('sum', [1, -1], 2)).toThrow(ArgumentError)
  })

  test('otherAxes are those that are left', () => {
    expect(otherAxes([2, 3, 4], [1])).toEqual([0, 2])
  })
})

describe('sizes', () => {
  test('a scalar has one element, an empty axis makes none', () => {
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([4, 0, 5])]).toEqual([1, 6, 0])
  })

  test('strides are row-major', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1])
    expect(stridesOf([])).toEqual([])
  })

  test('shapes are the same only with the same rank', () => {
    expect(sameShape([2, 1], [2])).toBe(false)
    expect(sameShape([2, 1], [2, 1])).toBe(true)
  })

  test('negative, fractional and enormous extents are refused', () => {
    expect(() => checkShape('zeros', [2, -1])).toThrow(/zeros: extents must be integers >= 0, got \[2, -1\]/)
    expect(() => checkShape('zeros', [1.5])).toThrow(ShapeError)
    expect(() => checkShape('zeros', [65536, 65536])).toThrow(/2\^31/)
  })

  test('print as lists', () => {
    expect([formatShape([]), formatShape([32, 784])]).toEqual(['[]', '[32, 784]'])
  })
})
