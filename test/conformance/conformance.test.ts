// The conformance of every primitive, generated from its samples: shapes, values on the CPU backend and of the program for
// WebGPU (run by the CPU with poisoned slots), and derivatives. WebGPU itself runs the same cases in test/chrome and test/dawn.

import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { isFloating } from '../../src/core/dtype.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { differenceOf } from './compare.ts'
import { runGraph } from './execute.ts'
import { cpuBackends, forwardDifference } from './forward.ts'
import { checkCase, gradientsOf, hasGradients } from './gradients.ts'
import { evaluateReference, referenceOutputs, toReference } from './reference.ts'
import { ALL_CASES, type NamedCase, SAMPLES } from './samples.ts'

const { cpu, plain, webgpuOnCpu } = cpuBackends()
const done = { first: 0, second: 0, compared: 0 }
const titleOf = (one: NamedCase): string => `${one.primitiveName}: ${one.name}`
const cases = ALL_CASES.map((one) => [titleOf(one), one] as const)
const differentiable = cases.filter(([, one]) => hasGradients(one))

test('every exported primitive has samples of itself', async () => {
  const folder = new URL('../../src/primitives/', import.meta.url)
  const found = new Map<string, string>()
  for (const file of readdirSync(folder)) {
    const exported: Record<string, unknown> = await import(new URL(file, folder).href)
    for (const [name, value] of Object.entries(exported)) {
      if (typeof value === 'function' && 'primitive' in value)
        found.set(name, (value.primitive as { name: string }).name)
    }
  }
  const sampled = Object.entries(SAMPLES).map(([name, list]) => [
    name,
    [...new Set(list.map((one) => one.primitive.name))].join(),
  ])
  expect(Object.fromEntries(sampled)).toEqual(Object.fromEntries(found))
})

test('samples have different names', () => {
  expect(new Set(cases.map(([title]) => title)).size).toBe(cases.length)
})

test('every differentiable primitive has at least four samples whose gradients are checked', () => {
  const counts = Object.entries(SAMPLES).map(([name, list]) => ({
    name,
    differentiable: list[0]!.primitive.differentiable,
    checked: list.filter((one) => hasGradients({ ...one, primitiveName: name })).length,
  }))
  expect(counts.filter((one) => one.differentiable && one.checked < 4)).toEqual([])
})

describe('the inferred shape is the shape of the reference', () => {
  test.each(cases)('%s', (_, one) => {
    const graph = one.graph()
    const [output] = referenceOutputs(graph, one.values().map(toReference))
    expect({ shape: output!.shape, dtype: output!.dtype }).toEqual(graph.outputs[0]!.aval)
  })
})

describe('the CPU backend agrees with the reference', () => {
  test.each(cases)('%s', async (_, one) => {
    done.compared++
    const difference = await forwardDifference(cpu, one)
    expect(difference, difference ?? '').toBeNull()
  })
})

describe('its plain JavaScript agrees with the reference', () => {
  test.each(cases)('%s', async (_, one) => {
    done.compared++
    const difference = await forwardDifference(plain, one)
    expect(difference, difference ?? '').toBeNull()
  })
})

describe('the program for WebGPU, run by the CPU with poisoned slots, agrees with the reference', () => {
  test.each(cases)('%s', async (_, one) => {
    done.compared++
    const difference = await forwardDifference(webgpuOnCpu, one)
    expect(difference, difference ?? '').toBeNull()
  })
})

describe('first and second derivatives agree with central differences', () => {
  test.each(differentiable)('%s', (_, one) => {
    const { first, second } = checkCase(one)
    // of inputs without elements there is nothing to check
    const floats = one.graph().parameters.filter((leaf) => isFloating(leaf.dtype) && leaf.size > 0)
    expect(first).toBeGreaterThanOrEqual(floats.length)
    done.first += first
    done.second += second
  })
})

describe('compiled gradients agree with the reference', () => {
  test.each(differentiable)('%s', async (_, one) => {
    const { problem, gradients } = gradientsOf(one)
    const flowing = gradients.filter((gradient) => gradient !== null)
    const values = one.values()
    const graph = graphOf([...problem.bindings.keys()], [...problem.outputs, ...flowing])
    const expected = evaluateReference(graph.outputs, problem.bindings)
    for (const backend of [cpu, webgpuOnCpu]) {
      done.compared++
      const got = await runGraph(backend, graph, values)
      expect(got.map((output, i) => differenceOf(output, expected[i]!))).toEqual(got.map(() => null))
    }
  })
})

afterAll(() => {
  const lines = [
    `${Object.keys(SAMPLES).length} primitives, ${cases.length} samples`,
    `${differentiable.length} samples with gradients: ${done.first} first and ${done.second} second derivatives checked`,
    `${done.compared} comparisons with the reference on the CPU`,
  ]
  console.info(`conformance: ${lines.join('; ')}`)
})
