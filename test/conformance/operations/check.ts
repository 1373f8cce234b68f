// What is asked of one sample: its inferred avals, its values and gradients on a backend against float64, its derivatives
// against central differences. No test runner in here, so that the same code runs in Node and in a page.

import { pullback } from '../../../src/autodiff/vjp.ts'
import type { Backend } from '../../../src/backend/backend.ts'
import { formatAval, sameAval } from '../../../src/core/aval.ts'
import { isFloating } from '../../../src/core/dtype.ts'
import type { HostArray } from '../../../src/core/hostArray.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { compareGradients } from '../../../src/debug/compareGradients.ts'
import { graphOf } from '../../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../../src/ir/tensor.ts'
import { differenceOf, FLOAT32, type Tolerance } from '../compare.ts'
import { runGraph } from '../execute.ts'
import { evaluateReference, toReference } from '../reference.ts'
import { spreadsOf } from '../rounding.ts'
import { hostValues, uniform } from '../sample.ts'
import { hasDerivative, type OperationSample } from './samples.ts'

/** What gradients in float32 owe. */
const GRADIENT: Tolerance = { relative: 1e-4, ofGreatest: 1e-6, absolute: 0 }
/**
 * Outputs, by their position among values and gradients, of which arithmetic in float32 keeps few digits, since large terms cancel: gradients
 * that are 0 everywhere, and deviations from a mean that is far larger. Where all intermediate values are float32, they may be as far off as
 * rounding alone takes them.
 */
const CANCELLING: ReadonlyMap<string, readonly number[]> = new Map([
  ['attention (biased) float32 broadcast', [1, 2, 4]],
  ['softmax (axis 0) float32 broadcast', [1]],
  ['logSoftmax (axis 0) float32 broadcast', [1]],
  ['instanceNorm float32 edges', [0, 1]],
  ['layerNorm float32 edges', [0, 1]],
  ['layerNorm float32 strided', [1]],
  ['rmsNorm float32 one', [1]],
])
/**
 * Samples with a gradient that is 0 everywhere, of which the float64 reference has only the rounding of values of order 1: equal keys make all
 * scores equal, so that the queries do not matter.
 */
const VANISHING: ReadonlySet<string> = new Set(['attention (biased) float32 broadcast'])
const VANISHED: Tolerance = { ...GRADIENT, absolute: 2 ** -50 }
/** Values are moved by two units in the last place to see what rounding does; arithmetic rounds to half a unit. */
const FACTOR = 1 / 4
/** What float64 owes after several operations: rounding of the intermediate values, which the reference rounds in another order. */
const DOUBLE: Tolerance = { relative: 1e-11, ofGreatest: 1e-12, absolute: 0 }

/** A sample as one program: its outputs, and where it has derivatives the gradients of `sum(output * cotangent)`. */
export interface SampleProgram {
  readonly leaves: readonly Tensor[]
  readonly values: readonly HostArray[]
  readonly outputs: readonly Tensor[]
  /** One per output. */
  readonly tolerances: readonly Tolerance[]
}

/** The program of a sample. */
export function programOf(sample: OperationSample): SampleProgram {
  const { leaves, outputs } = sample.build()
  const values = sample.values()
  const double = sample.dtype === 'float64'
  const plain = { leaves, values, outputs, tolerances: outputs.map(() => (double ? DOUBLE : FLOAT32)) }
  if (!hasDerivative(sample)) return plain
  const inputs = leaves.filter((leaf) => isFloating(leaf.dtype))
  const floats = outputs.filter((output) => isFloating(output.dtype))
  const cotangents = floats.map((output, i) => parameter(output.aval, `cotangent ${i}`))
  const fixed = cotangents.map(({ shape, dtype }, i) => hostValues(uniform(shape, -1.5, 1.5, dtype), `cotangent ${i}`))
  const gradients = pullback(floats, cotangents, inputs).filter((gradient) => gradient !== null)
  return {
    leaves: [...leaves, ...cotangents],
    values: [...values, ...fixed],
    outputs: [...outputs, ...gradients],
    tolerances: [
      ...plain.tolerances,
      ...gradients.map(() => (double ? DOUBLE : VANISHING.has(sample.title) ? VANISHED : GRADIENT)),
    ],
  }
}

/** Several samples as one program, since a program costs a device more to compile than to run. */
export function joined(programs: readonly SampleProgram[]): SampleProgram {
  return {
    leaves: programs.flatMap((program) => program.leaves),
    values: programs.flatMap((program) => program.values),
    outputs: programs.flatMap((program) => program.outputs),
    tolerances: programs.flatMap((program) => program.tolerances),
  }
}

/** What is wrong with each output of a program on a backend, against the float64 reference; null where it agrees. */
export async function outputDifferences(backend: Backend, program: SampleProgram): Promise<(string | null)[]> {
  const { leaves, values, outputs, tolerances } = program
  const expected = evaluateReference(outputs, new Map(leaves.map((leaf, i) => [leaf, toReference(values[i]!)])))
  // inputs in arenas leave more bindings to a dispatch, so that fewer pipelines are compiled
  const got = await runGraph(backend, graphOf(leaves, outputs), values, { arena: true })
  return got.map((output, i) => differenceOf(output, expected[i]!, tolerances[i]!))
}

/** The program with the tolerances of outputs that cancel widened by what rounding to float32 alone does to them. */
function inFloat32(program: SampleProgram, sample: OperationSample): SampleProgram {
  const cancelling = CANCELLING.get(sample.title)
  if (cancelling === undefined) return program
  const { leaves, values, outputs, tolerances } = program
  const bindings = new Map(leaves.map((leaf, i) => [leaf, toReference(values[i]!)]))
  const spreads = spreadsOf(graphOf(leaves, outputs), bindings, sample.title)
  const widened = tolerances.map((one, i) => (cancelling.includes(i) ? { ...one, absolute: FACTOR * spreads[i]! } : one)) // prettier-ignore
  return { ...program, tolerances: widened }
}

/** What is wrong with a sample on a backend, whose intermediate values are float64 or float32, or null. */
export async function backendDifference(
  backend: Backend,
  sample: OperationSample,
  intermediate: 'float64' | 'float32',
): Promise<string | null> {
  const exact = programOf(sample)
  const program = intermediate === 'float32' ? inFloat32(exact, sample) : exact
  const forward = sample.build().outputs.length
  const differences = await outputDifferences(backend, program)
  const wrong = differences.findIndex((difference) => difference !== null)
  if (wrong < 0) return null
  return `${wrong < forward ? `output ${wrong}` : `gradient ${wrong - forward}`}: ${differences[wrong]}`
}

/** What is wrong with the inferred shapes and dtypes of a sample, or null. */
export function avalDifference(sample: OperationSample): string | null {
  const { leaves, outputs } = sample.build()
  const values = sample.values()
  const got = evaluateReference(outputs, new Map(leaves.map((leaf, i) => [leaf, toReference(values[i]!)])))
  const wrong = got.findIndex(
    (value, i) => !sameAval(value, outputs[i]!.aval) || value.data.length !== sizeOf(outputs[i]!.shape),
  )
  if (wrong < 0) return null
  return `output ${wrong} is inferred as ${formatAval(outputs[wrong]!.aval)}, but is ${formatAval(got[wrong]!)} of ${got[wrong]!.data.length} elements`
}

/** What the call of a sample throws, or null. */
export function thrownBy(sample: OperationSample): unknown {
  try {
    sample.build()
    return null
  } catch (error) {
    return error
  }
}

/** Beyond so many elements the first order is enough, as it is for most samples of forms beside the principal one. */
const LARGE = 60

/**
 * Checks the derivatives of a float64 sample against central differences.
 * @returns how many were compared in the first and in the second order.
 * @throws DifferentiationError that says what differs.
 */
export function checkDerivatives(sample: OperationSample): { readonly first: number; readonly second: number } {
  const { leaves, outputs } = sample.build()
  const values = sample.values()
  const inputs = leaves.filter((leaf) => isFloating(leaf.dtype))
  const bindings = new Map(leaves.map((leaf, i) => [leaf, toReference(values[i]!)]))
  const principal = sample.form === sample.entry.forms[0] || sample.category === 'ordinary'
  const order = principal && inputs.every((input) => input.size <= LARGE) ? 2 : 1
  return compareGradients({ outputs, inputs, bindings }, { order }).checked
}

/** Whether a derivative flows to any float leaf: for operations that must have none. */
export function derivativeFlows(sample: OperationSample): boolean {
  const { leaves, outputs } = sample.build()
  const floats = outputs.filter((output) => isFloating(output.dtype))
  const inputs = leaves.filter((leaf) => isFloating(leaf.dtype))
  const cotangents = floats.map((output, i) => parameter(output.aval, `cotangent ${i}`))
  const flowing = pullback(floats, cotangents, inputs).filter((gradient) => gradient !== null)
  if (flowing.length === 0) return false
  const values = sample.values()
  const bindings = new Map(leaves.map((leaf, i) => [leaf, toReference(values[i]!)]))
  cotangents.forEach((cotangent, i) => {
    bindings.set(cotangent, { ...cotangent.aval, data: new Float64Array(cotangent.size).fill(i + 1) })
  })
  return evaluateReference(flowing, bindings).some(({ data }) => data.some((value) => value !== 0))
}
