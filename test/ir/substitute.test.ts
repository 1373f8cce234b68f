// Replacing variables: not those of folds and local arrays that run over the same one themselves.

import { expect, test } from 'vitest'
import { integer, plus, times } from '../../src/ir/indexMap.ts'
import { cast, fold, local, type Scalar, variable } from '../../src/ir/scalar.ts'
import { substituteVariables } from '../../src/ir/substitute.ts'
import { evaluateScalar } from './evaluateScalar.ts'

const [i, k] = [variable('i', 4), variable('k', 3)]
const float = (value: Scalar): Scalar => cast('float32', value)
const valueOf = (scalar: Scalar): number =>
  evaluateScalar(scalar, {
    variables: {},
    data: () => {
      throw new Error('nothing is loaded')
    },
  })

test('a variable is replaced in indices and in the bodies of folds over others', () => {
  const sum = fold('sum', k, float(plus(times(i, 10), k)))
  const moved = substituteVariables(sum, new Map([[i, integer(2)]]))
  expect(valueOf(moved)).toBe(63)
})

test('a fold keeps its own variable', () => {
  const own = fold('sum', k, float(k))
  const nested = fold('sum', k, float(plus(k, 1)))
  expect(substituteVariables(own, new Map([[k, integer(2)]])).hash).toBe(own.hash)
  const both = fold('max', i, fold('sum', k, float(plus(k, i))))
  const moved = substituteVariables(both, new Map([[k, integer(100)], [i, integer(7)]])) // prettier-ignore
  expect(moved.hash).toBe(both.hash)
  expect(valueOf(nested)).toBe(6)
})

test('a local array keeps its own variable, and is read at the replaced index', () => {
  const array = local(k, float(times(k, 5)), plus(k, 0))
  const moved = substituteVariables(array, new Map([[k, integer(2)]]))
  expect(valueOf(moved)).toBe(10)
})
