// Scalar expressions that are simpler than they are written.

import { expect, test } from 'vitest'
import { binary, constant, variable, type Scalar } from '../../src/ir/scalar.ts'
import { evaluateScalar } from './evaluateScalar.ts'

const x = variable('x', 9)
const at = (value: Scalar, position: number): number =>
  evaluateScalar(value, { variables: { x: position }, data: () => [] })

test('what is greater than a bound needs not be raised to it first', () => {
  const bound = constant('int32', 4)
  for (const raised of [binary('max', x, bound), binary('max', bound, x)]) {
    const greater = binary('gt', raised, bound)
    expect(greater.hash).toBe(binary('gt', x, bound).hash)
    for (let i = 0; i < 9; i++) expect(at(greater, i)).toBe(Number(Math.max(i, 4) > 4))
  }
  for (const other of [3, 5]) {
    const greater = binary('gt', binary('max', x, bound), constant('int32', other))
    for (let i = 0; i < 9; i++) expect(at(greater, i)).toBe(Number(Math.max(i, 4) > other))
  }
})
