// Derivatives of every public operation in float64 against central differences, with PyTorch's gradcheck defaults, to the second
// order; and that none flows where the entry says none.

import { afterAll, describe, expect, test } from 'vitest'
import { isFloating } from '../../../src/core/dtype.ts'
import { checkDerivatives, derivativeFlows } from './check.ts'
import { OPERATIONS } from './registry.ts'
import { hasDerivative, OPERATION_NAMES, type OperationSample, sampleOf, samplesOf } from './samples.ts'

const REQUIRED = 6
const smooth = OPERATION_NAMES.filter((name) => OPERATIONS[name].differentiable === 'any')
const flat = OPERATION_NAMES.filter((name) => OPERATIONS[name].differentiable === 'none')
const done = { samples: 0, first: 0, second: 0 }

/** Samples for differences: edges one by one, since a large value drowns the differences of small ones; empty ones have none. */
function varied(sample: OperationSample): readonly OperationSample[] {
  const { operation, form, category, dtype } = sample
  if (category === 'empty') return []
  if (category !== 'edges') return [sample]
  const edges = Math.max(...form.operands.map((operand) => operand.edges.length))
  return Array.from({ length: edges }, (_, edge) => sampleOf(operation, form, category, dtype, edge))
}

describe('first and second derivatives agree with central differences, in at least six samples', () => {
  test.each(smooth)('%s', (name) => {
    const wrong: string[] = []
    let checked = 0
    // forms beside the principal one have float32 samples only, whose numbers serve in float64 as well
    for (const sample of samplesOf(name).filter(hasDerivative).flatMap(varied)) {
      if (sample.form === OPERATIONS[name].forms[0] && sample.dtype !== 'float64') continue
      try {
        const { first, second } = checkDerivatives(sample)
        done.samples++
        done.first += first
        done.second += second
        if (first > 0) checked++
      } catch (error) {
        wrong.push(`${sample.title}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(checked).toBeGreaterThanOrEqual(REQUIRED)
  })
})

describe('no derivative flows through an operation that has none', () => {
  test.each(flat)('%s', (name) => {
    const samples = samplesOf(name).filter((sample) => isFloating(sample.dtype) && sample.refused === null)
    expect(samples.filter(derivativeFlows).map(({ title }) => title)).toEqual([])
  })
})

afterAll(() => {
  console.info(
    `operations: ${smooth.length} differentiable; of ${done.samples} samples ${done.first} first and ${done.second} second derivatives checked`,
  )
})
