// All gradient checks as one function, for scripts/mutate.mjs, which bundles it once per mutant of a VJP rule.

import { checkCase, hasGradients } from './gradients.ts'
import { ALL_CASES } from './samples.ts'

/** Runs the gradient checks, those of the primitive `first` before the others; gives the first failure, or null. */
export function firstFailure(first: string): string | null {
  const ordered = [...ALL_CASES].sort((a, b) => Number(b.primitiveName === first) - Number(a.primitiveName === first))
  for (const one of ordered) {
    try {
      if (hasGradients(one)) checkCase(one)
    } catch (error) {
      return `${one.primitiveName}: ${one.name}: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return null
}
