// The conformance of every public operation, generated from its entry: operation x form x dtype x category. Inferred avals, the
// CPU backend and the program for WebGPU (run by the CPU with poisoned slots) against float64. Derivatives are in
// operationGradients.test.ts; WebGPU itself runs the same samples in test/dawn and test/chrome.

import { existsSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { isFloating } from '../../src/core/dtype.ts'
import { WgradError } from '../../src/core/errors.ts'
import * as losses from '../../src/ops/losses.ts'
import * as operations from '../../src/ops/index.ts'
import { cpuBackends } from './forward.ts'
import { avalDifference, backendDifference, programOf, thrownBy } from './operations/check.ts'
import { CATEGORIES, NOT_OPERATIONS, type OperationName } from './operations/entry.ts'
import { OPERATION_NAMES, type OperationSample, refusedDTypes, sampleOf, samplesOf } from './operations/samples.ts'
import { OPERATIONS } from './operations/registry.ts'
import { COMMAND, operationsTable } from './operations/table.ts'

const { cpu, plain, webgpuOnCpu } = cpuBackends()
const done = { samples: 0, refused: 0, cpu: 0, plain: 0, webgpuOnCpu: 0 }

/** The samples of an operation that make sense, each with its title. */
const sensible = (name: OperationName): OperationSample[] => samplesOf(name).filter(({ refused }) => refused === null)

/** What a check finds wrong, by the samples' titles; what is thrown is a finding too. */
async function findings(
  samples: readonly OperationSample[],
  check: (sample: OperationSample) => string | null | Promise<string | null>,
): Promise<string[]> {
  const found: string[] = []
  for (const sample of samples) {
    const difference = await Promise.resolve(sample)
      .then(check)
      .catch((error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)))
    if (difference !== null) found.push(`${sample.title}: ${difference}`)
  }
  return found
}

test('every exported function is an operation with an entry, or is excluded with a reason', () => {
  const exported = Object.entries({ ...operations, ...losses }).flatMap(([name, value]) => typeof value === 'function' ? [name] : []) // prettier-ignore
  const known = [...Object.keys(OPERATIONS), ...Object.keys(NOT_OPERATIONS)]
  expect(known.toSorted()).toEqual(exported.toSorted())
})

test('every cell of the matrix has a sample, and samples have different titles', () => {
  for (const name of OPERATION_NAMES) {
    const samples = samplesOf(name)
    const { dtypes, forms } = OPERATIONS[name]
    for (const category of CATEGORIES) {
      const covered = samples.filter((sample) => sample.category === category)
      expect(new Set(covered.map(({ dtype }) => dtype)), `${name} ${category}`).toEqual(new Set(dtypes))
      expect(new Set(covered.map(({ form }) => form)).size, `${name} ${category}`).toBe(forms.length)
    }
    expect(new Set(samples.map(({ title }) => title)).size, name).toBe(samples.length)
  }
})

/** What keeps a sample from being what its category says, or null. */
function misfit({ category, inputs, form, title }: OperationSample): string | null {
  const sizes = inputs.map(({ shape }) => shape.reduce((a, b) => a * b, 1))
  const [first] = inputs
  if (first === undefined) return null
  const [shape, ...others] = form.template.broadcast
  const meet = others.some((other) => JSON.stringify(other) !== JSON.stringify(shape))
  const fits = {
    ordinary: sizes[0]! > 1,
    broadcast: meet || (first.layout === 'repeated' && first.shape[0]! > 1),
    transposed: first.layout === (first.shape.length > 1 ? 'transposed' : 'flipped'),
    strided: first.layout === 'strided',
    one: sizes[0] === 1,
    empty: Math.min(...sizes) === 0,
    prime: first.shape.some((extent) => extent > 2 && extent % 2 === 1),
    edges: true,
  }
  return fits[category] ? null : title
}

test('a sample is what its category says', () => {
  const misfits = OPERATION_NAMES.flatMap((name) => samplesOf(name).map(misfit))
  expect(misfits.filter((title) => title !== null)).toEqual([])
})

describe('a category that makes no sense and a dtype that is not taken are typed errors', () => {
  test.each(OPERATION_NAMES)('%s', (name) => {
    for (const sample of samplesOf(name).filter(({ refused }) => refused !== null)) {
      done.refused++
      expect(thrownBy(sample), sample.title).toBeInstanceOf(sample.refused)
    }
    for (const dtype of refusedDTypes(name)) {
      done.refused++
      const sample = sampleOf(name, OPERATIONS[name].forms[0]!, 'ordinary', dtype)
      expect(thrownBy(sample), sample.title).toBeInstanceOf(WgradError)
    }
  })
})

describe('inferred shapes and dtypes are those of the reference', () => {
  test.each(OPERATION_NAMES)('%s', async (name) => {
    done.samples += samplesOf(name).length
    expect(await findings(sensible(name), avalDifference)).toEqual([])
  })
})

describe('the CPU backend agrees with the reference, gradients included', () => {
  test.each(OPERATION_NAMES)('%s', async (name) => {
    const samples = sensible(name)
    done.cpu += samples.length
    expect(await findings(samples, (sample) => backendDifference(cpu, sample, 'float32'))).toEqual([])
  })
})

describe('its plain JavaScript agrees with the reference, gradients included', () => {
  test.each(OPERATION_NAMES)('%s', async (name) => {
    const samples = sensible(name)
    done.plain += samples.length
    expect(await findings(samples, (sample) => backendDifference(plain, sample, 'float64'))).toEqual([])
  })
})

describe('the program for WebGPU, run by the CPU with poisoned slots, agrees with the reference, gradients included', () => {
  test.each(OPERATION_NAMES)('%s', async (name) => {
    const samples = sensible(name).filter((sample) => sample.dtype !== 'float64')
    done.webgpuOnCpu += samples.length
    expect(await findings(samples, (sample) => backendDifference(webgpuOnCpu, sample, 'float64'))).toEqual([])
  })
})

test('a float32 sample of a differentiable operation compares its gradients too', () => {
  for (const name of OPERATION_NAMES) {
    if (OPERATIONS[name].differentiable === 'none') continue
    const sample = samplesOf(name).find(({ dtype, category }) => isFloating(dtype) && category === 'ordinary')!
    expect(programOf(sample).outputs.length, name).toBeGreaterThan(sample.build().outputs.length)
  }
})

test('OPERATIONS.md is up to date', () => {
  const file = new URL('../../OPERATIONS.md', import.meta.url)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  expect(text === operationsTable(), `OPERATIONS.md is stale: run ${COMMAND}`).toBe(true)
})

afterAll(() => {
  console.info(
    `operations: ${OPERATION_NAMES.length} operations, ${done.samples} samples, ${done.refused} of cells that must be refused; ` +
      `comparisons with float64: ${done.cpu} on the CPU, ${done.plain} in plain JavaScript, ${done.webgpuOnCpu} of the WebGPU program on the CPU`,
  )
})
