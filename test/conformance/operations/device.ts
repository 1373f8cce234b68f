// The samples of every operation that a WebGPU device can run, forward and gradient, as few programs as fit: pipelines are dear to
// compile on a software adapter. The same code runs in a page of Chrome and in Node.

import type { Backend } from '../../../src/backend/backend.ts'
import type { DType } from '../../../src/core/dtype.ts'
import { joined, outputDifferences, programOf, type SampleProgram } from './check.ts'
import type { Category, OperationName } from './entry.ts'
import { OPERATION_NAMES, type OperationSample, samplesOf } from './samples.ts'

/** The outcome of one operation: what is wrong with it, by sample, and how much was compared. */
export interface OperationOutcome {
  readonly name: OperationName
  readonly differences: readonly string[]
  readonly samples: number
  /** Outputs and gradients. */
  readonly comparisons: number
}

/** float64 does not exist on a device, and uint8 is for inputs there. */
const ON_DEVICE: readonly DType[] = ['float32', 'int32', 'uint32', 'bool']
/** The principal form goes through these with floats; the CPU runs the whole matrix on the same kind of program. */
const FLOAT_CATEGORIES: readonly Category[] = ['ordinary', 'transposed', 'prime']

/** The samples of an operation that a device runs: all forms, and all of its dtypes, in the category `ordinary` at least. */
export function deviceSamples(name: OperationName): readonly OperationSample[] {
  return samplesOf(name).filter(({ entry, form, dtype, category, refused }) => {
    if (refused !== null || !ON_DEVICE.includes(dtype)) return false
    return category === 'ordinary' || (form === entry.forms[0] && dtype === 'float32' && FLOAT_CATEGORIES.includes(category)) // prettier-ignore
  })
}

/** Runs the samples of every operation, those of one operation in one program; what is thrown is a difference too. */
export async function checkOperations(backend: Backend): Promise<OperationOutcome[]> {
  const outcomes: OperationOutcome[] = []
  for (const name of OPERATION_NAMES) outcomes.push(await checkOperation(backend, name))
  return outcomes
}

async function checkOperation(backend: Backend, name: OperationName): Promise<OperationOutcome> {
  const samples = deviceSamples(name)
  const differences: string[] = []
  const titles: string[] = []
  const programs: SampleProgram[] = []
  const failed = (title: string, error: unknown): void => {
    differences.push(`${title}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`)
  }
  for (const sample of samples) {
    try {
      const program = programOf(sample)
      programs.push(program)
      titles.push(...program.outputs.map((_, i) => `${sample.title}, output ${i}`))
    } catch (error) {
      failed(sample.title, error)
    }
  }
  const found = await outputDifferences(backend, joined(programs)).catch((error: unknown) => {
    failed(`${name}, its samples in one program`, error)
    return []
  })
  found.forEach((difference, i) => {
    if (difference !== null) differences.push(`${titles[i]}: ${difference}`)
  })
  return { name, differences, samples: samples.length, comparisons: found.length }
}
