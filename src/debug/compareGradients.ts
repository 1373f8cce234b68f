// Gradients against central differences, in float64, by the primitives' references. Both are projected on a fixed cotangent u,
// so that one number <J v, u> is compared per direction v. The second order checks the derivative of <vjp, u> in the same way.

import { formatAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { DifferentiationError } from '../core/errors.ts'
import { parameter, type ReferenceArray, type Tensor } from '../ir/tensor.ts'
import { pullback } from '../autodiff/vjp.ts'
import { type Bindings, evaluateReference } from '../ir/evaluate.ts'

/** Options of `checkGradients`; the defaults are those of PyTorch's gradcheck. */
export interface GradientCheckOptions {
  /** Half the distance between the two points of a difference. Default 1e-6. */
  readonly eps?: number
  /** Allowed absolute difference. Default 1e-5. */
  readonly atol?: number
  /** Allowed difference relative to the numerical derivative. Default 1e-3. */
  readonly rtol?: number
  /** 2 also checks the gradients of the gradients. Default 1. */
  readonly order?: 1 | 2
}

/** How many derivatives were compared in each order, and the greatest difference as a fraction of what is allowed. */
export interface GradientReport {
  readonly checked: { readonly first: number; readonly second: number }
  readonly worst: number
}

/** Outputs as functions of `inputs`, all float; `bindings` has a value for every leaf that the outputs reach. */
export interface GradientProblem {
  readonly outputs: readonly Tensor[]
  readonly inputs: readonly Tensor[]
  readonly bindings: Bindings
}

/** Inputs of at most so many elements are checked one element at a time; larger ones at a few, and along directions. */
const ALL_ELEMENTS = 24
const SOME_ELEMENTS = 3

/** Fixed numbers in ±[0.5, 1.5], so that no element of a cotangent or direction is near 0. */
function fixedNumbers(length: number, seed: number): Float64Array {
  let state = (seed * 0x9e3779b9) >>> 0
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0
    const bits = (state ^ (state >>> 13)) >>> 0
    return (bits & 1 ? 1 : -1) * (0.5 + bits / 2 ** 32)
  })
}

/** Directions in the space of one input: single elements, and for a large input the whole of it too. */
function directionsOf(size: number, seed: number): { name: string; direction: Float64Array }[] {
  const elements = size <= ALL_ELEMENTS ? size : SOME_ELEMENTS
  const single = Array.from({ length: elements }, (_, i) => {
    const at = size <= ALL_ELEMENTS ? i : Math.floor(((i + 0.5) * size) / elements)
    const direction = new Float64Array(size)
    direction[at] = 1
    return { name: `element ${at}`, direction }
  })
  return size <= ALL_ELEMENTS ? single : [...single, { name: 'a direction', direction: fixedNumbers(size, seed + 17) }]
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

function moved(array: ReferenceArray, direction: Float64Array, by: number): ReferenceArray {
  return { ...array, data: array.data.map((value, i) => value + by * direction[i]!) }
}

/**
 * Compares pullbacks with central differences, up to `order`.
 * @throws DifferentiationError that names the input, the element and both numbers at the first difference.
 */
export function compareGradients(problem: GradientProblem, options: GradientCheckOptions = {}): GradientReport {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, order = 1 } = options
  const { inputs } = problem
  const outputs = problem.outputs.filter((output) => isFloating(output.dtype))
  const cotangents = outputs.map((output, i) => parameter(output.aval, `cotangent ${i}`))
  const projections = outputs.map((output, i) => fixedNumbers(output.size, i + 1))
  const bindings = new Map(problem.bindings)
  cotangents.forEach((cotangent, i) => bindings.set(cotangent, { ...cotangent.aval, data: projections[i]! }))

  const gradients = pullback(outputs, cotangents, inputs)
  const evaluate = (tensors: readonly (Tensor | null)[]): (ReferenceArray | null)[] => {
    const values = evaluateReference(
      tensors.filter((tensor) => tensor !== null),
      bindings,
    )
    return tensors.map((tensor) => (tensor === null ? null : values.shift()!))
  }
  const analytic = evaluate(gradients)
  const projected = (at: Bindings): number =>
    evaluateReference(outputs, at).reduce((sum, output, i) => sum + dot(output.data, projections[i]!), 0)

  let first = 0
  let worst = 0
  const compare = (what: string, got: number, expected: number): void => {
    const allowed = atol + rtol * Math.abs(expected)
    const difference = Math.abs(got - expected)
    first++
    if (!(difference <= allowed)) {
      throw new DifferentiationError(
        `checkGradients: ${what}: the VJP gives ${got}, central differences give ${expected} (more than ${allowed} apart)`,
      )
    }
    worst = Math.max(worst, difference / allowed)
  }

  inputs.forEach((input, position) => {
    const base = bindings.get(input)!
    const zeros = new Float64Array(input.size)
    const gradient = analytic[position]?.data ?? zeros
    // a rule that mistakes which inputs are wanted shows only when they are not all wanted
    const alone = inputs.length === 1 ? null : (evaluate(pullback(outputs, cotangents, [input]))[0]?.data ?? zeros)
    for (const { name, direction } of directionsOf(input.size, position)) {
      const at = (by: number): number => projected(new Map(bindings).set(input, moved(base, direction, by)))
      const numerical = (at(eps) - at(-eps)) / (2 * eps)
      const what = `input ${position} ${formatAval(input.aval)}, ${name}`
      compare(what, dot(gradient, direction), numerical)
      if (alone !== null) compare(`${what}, when no other is wanted`, dot(alone, direction), numerical)
    }
  })

  const flowing = gradients.filter((gradient) => gradient !== null)
  if (order === 1 || flowing.length === 0) return { checked: { first, second: 0 }, worst }
  const deeper = compareGradients(
    { outputs: flowing, inputs: [...inputs, ...cotangents], bindings },
    { eps, atol, rtol },
  )
  return { checked: { first, second: deeper.checked.first }, worst: Math.max(worst, deeper.worst) }
}
