// The gradients of one case, to second order, by references alone: fast, and free of a test runner, so that scripts/mutate.mjs
// can run all of it on every mutant of the VJP rules.

import { compareGradients, type GradientProblem } from '../../src/debug/compareGradients.ts'
import { isFloating } from '../../src/core/dtype.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { full } from '../../src/primitives/literal.ts'
import { pullback } from '../../src/autodiff/vjp.ts'
import { evaluateReference, toReference } from './reference.ts'
import type { NamedCase } from './samples.ts'

const LARGE = 300

/** Whether a case has an output and an input between which derivatives exist. */
export function hasGradients(one: NamedCase): boolean {
  const { outputs, parameters } = one.graph()
  return (
    !one.nonFinite &&
    outputs.every((output) => isFloating(output.dtype)) &&
    parameters.some((leaf) => isFloating(leaf.dtype))
  )
}

/** A case as a problem of gradients, and its gradients for a cotangent of ones (or of another number). */
export function gradientsOf(
  one: NamedCase,
  cotangent = 1,
): { problem: GradientProblem; gradients: readonly (Tensor | null)[] } {
  const { outputs, parameters } = one.graph()
  const values = one.values().map(toReference)
  const bindings = new Map(parameters.map((leaf, i) => [leaf, values[i]!]))
  const inputs = parameters.filter((leaf) => isFloating(leaf.dtype))
  const cotangents = outputs.map((output) => full(output.shape, cotangent, output.dtype))
  return { problem: { outputs, inputs, bindings }, gradients: pullback(outputs, cotangents, inputs) }
}

/**
 * Checks the gradients of a case: against central differences, or against what the case gives for a kink.
 * @returns how many numbers were compared in the first and in the second order.
 * @throws an error that says what differs.
 */
export function checkCase(one: NamedCase): { readonly first: number; readonly second: number } {
  const { problem, gradients } = gradientsOf(one)
  // large samples are there for the tiles of kernels; of them the first order is enough
  const order = problem.inputs.some((input) => input.size > LARGE) ? 1 : 2
  if (one.gradients === null) return compareGradients(problem, { order }).checked
  const { given } = one.gradients
  // a rule that forgets the cotangent is right for a cotangent of ones
  const tripled = gradientsOf(one, 3)
  const thrice = given.map((list) => list?.map((value) => 3 * value) ?? null)
  const first = compareGiven(gradients, given, problem.bindings) + compareGiven(tripled.gradients, thrice, tripled.problem.bindings) // prettier-ignore
  return { first, second: 0 }
}

function compareGiven(
  gradients: readonly (Tensor | null)[],
  expected: readonly (readonly number[] | null)[],
  bindings: GradientProblem['bindings'],
): number {
  let compared = 0
  gradients.forEach((gradient, i) => {
    const wanted = expected[i] ?? null
    if (wanted === null || gradient === null) {
      if (gradient !== wanted)
        throw new Error(
          `input ${i}: ${wanted === null ? 'a gradient flows although none should' : 'no gradient flows'}`,
        )
      compared++
      return
    }
    const [got] = evaluateReference([gradient], bindings)
    wanted.forEach((value, at) => {
      compared++
      if (!(Math.abs(got!.data[at]! - value) <= 1e-6 * Math.abs(value))) {
        throw new Error(`input ${i}, element ${at}: the gradient is ${got!.data[at]}, expected ${value}`)
      }
    })
  })
  return compared
}
