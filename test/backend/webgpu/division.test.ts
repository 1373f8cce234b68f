import { expect, test } from 'vitest'
import { reciprocalOf } from '../../../src/backend/reciprocal.ts'
import { divisionText } from '../../../src/backend/webgpu/division.ts'

test('a factor and a shift divide exactly over the whole range', () => {
  let found = 0
  for (let by = 3; by < 300; by += 2) {
    for (const max of [1, 7, 300, 4095, 65535, 100352]) {
      const reciprocal = reciprocalOf(by, max)
      if (reciprocal === null) continue
      found++
      const { factor, shift } = reciprocal
      expect(factor * max).toBeLessThan(2 ** 32)
      let wrong: number | null = null
      for (let y = 0; y <= max; y++) if (Math.floor((y * factor) / 2 ** shift) !== Math.floor(y / by)) wrong = y
      expect({ by, factor, shift, wrong }).toEqual({ by, factor, shift, wrong: null })
    }
  }
  expect(found).toBeGreaterThan(700)
})

test('32 bits do not suffice for every range', () => {
  expect(reciprocalOf(7, 2 ** 31 - 1)).toBeNull()
  expect(divisionText('quotient', 'x', 7, { min: 0, max: 2 ** 31 - 1 }, 1)).toBe('x / 7')
})

test('twos are shifted away first, negative dividends round down', () => {
  expect(divisionText('quotient', 'x', 112, { min: 0, max: 100351 }, 1)).toMatch(
    /^i32\(\(\(u32\(x\) >> 4u\) \* \d+u\) >> \d+u\)$/,
  )
  expect(divisionText('remainder', 'x', 8, { min: 0, max: 100 }, 1)).toBe('x % 8')
  expect(divisionText('remainder', 'x', 3, { min: -1, max: 100 }, 4)).toBe('floor_mod4(x, 3)')
})
