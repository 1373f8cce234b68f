// All gradient checks as one function, for scripts/mutate.mjs, which bundles it once per mutant of a VJP rule.

import { sizeOf } from '../../src/core/shape.ts'
import { checkCase, hasGradients } from './gradients.ts'
import { ALL_CASES, type NamedCase } from './samples.ts'

/**
 * Runs the gradient checks, those of the primitives `first` before the others and small ones before large ones; gives the first
 * failure, or null.
 */
export function firstFailure(first: readonly string[]): string | null {
  const rank = ({ primitiveName }: NamedCase): number => (first.includes(primitiveName) ? first.indexOf(primitiveName) : first.length) // prettier-ignore
  const ordered = ALL_CASES.map((one) => ({ one, rank: rank(one), size: sizeOfInputs(one) }))
  for (const { one } of ordered.sort((a, b) => a.rank - b.rank || a.size - b.size)) {
    try {
      if (hasGradients(one)) checkCase(one)
    } catch (error) {
      return `${one.primitiveName}: ${one.name}: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return null
}

const sizeOfInputs = (one: NamedCase): number => one.inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
