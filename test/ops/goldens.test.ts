// PyTorch's values, gradients and Hessian-vector products of single operations (test/goldens/ops-*.json) through the public ops on the
// CPU backend: eagerly in float64, and compiled by jit in both precisions.

import { afterAll, expect, test } from 'vitest'
import { sizeOf } from '../../src/core/shape.ts'
import * as losses from '../../src/ops/losses.ts'
import * as ops from '../../src/ops/index.ts'
import { fromHost, readData } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'
import { realize } from '../../src/runtime/realize.ts'
import { opGoldens } from '../goldens/read.ts'
import { goldenDifference, type GoldenProgram, OPERATIONS, programOf } from './goldens/program.ts'

/** Operations that PyTorch has no equal of, and why. */
const WITHOUT_EQUAL: Readonly<Record<string, string>> = {
  indices: 'the coordinate along an axis: an arange that is broadcast',
}

const GOLDENS = opGoldens()

test('every operation has a PyTorch golden, or is listed with the reason why not', () => {
  const exported = Object.entries({ ...ops, ...losses }).flatMap(([name, value]) => typeof value === 'function' ? [name] : []) // prettier-ignore
  const covered = new Set(GOLDENS.map(({ op }) => op))
  const missing = exported.filter((name) => !covered.has(name))
  expect(missing.toSorted()).toEqual(Object.keys(WITHOUT_EQUAL).toSorted())
})

test('every golden has a call', () => {
  const uncalled = GOLDENS.filter(({ op }) => !(op in OPERATIONS))
  expect(uncalled.map(({ name }) => name)).toEqual([])
})

test('there are at least 300 goldens, with gradients', () => {
  expect(GOLDENS.filter(({ cotangent }) => cotangent !== null).length).toBeGreaterThanOrEqual(300)
  expect(new Set(GOLDENS.map(({ name }) => name)).size).toBe(GOLDENS.length)
})

test('every golden has data for its shapes, and derivatives for its variables', () => {
  for (const { name, inputs, output, cotangent, gradients, directions, products } of GOLDENS) {
    const variables = inputs.filter((_, i) => gradients[i] !== null)
    const sizes = variables.map(({ shape }) => sizeOf(shape))
    const lengths = (lists: readonly (readonly number[] | null)[]) => lists.flatMap((list) => list?.length ?? [])
    expect([...inputs, output].map(({ data }) => data.length), name).toEqual([...inputs, output].map(({ shape }) => sizeOf(shape))) // prettier-ignore
    expect(variables.every(({ dtype }) => dtype === 'float32'), name).toBe(true) // prettier-ignore
    expect([gradients.length, ...lengths(gradients)], name).toEqual([inputs.length, ...sizes])
    expect(cotangent?.length ?? null, name).toBe(variables.length > 0 ? sizeOf(output.shape) : null)
    const second = products.length > 0 ? sizes : []
    expect([lengths(directions), lengths(products)], name).toEqual([second, second])
  }
})

afterAll(() => {
  const differentiated = GOLDENS.filter(({ cotangent }) => cotangent !== null).length
  const second = GOLDENS.filter(({ products }) => products.length > 0).length
  console.info(`${GOLDENS.length} PyTorch goldens (${differentiated} with gradients, ${second} second order)`)
})

async function differenceOnCpu(program: GoldenProgram, run: GoldenProgram['run']): Promise<string | null> {
  const outputs = run(program.values.map((value) => fromHost(value)))
  await realize([...outputs])
  const found = await Promise.all(outputs.map(async (output) => ({ ...output.aval, data: await readData(output) })))
  return goldenDifference(program, found)
}

test.each(GOLDENS.map((golden) => [golden.name, golden] as const))('PyTorch agrees on %s', async (_, golden) => {
  const double = programOf(golden, 'float64', 2)
  const single = programOf(golden, 'float32', 1)
  for (const [how, program, run] of [
    ['float64', double, double.run],
    ['float64, jit', double, jit(double.run)],
    ['float32, jit', single, jit(single.run)],
  ] as const) {
    const difference = await differenceOnCpu(program, run)
    expect(difference, `${how}: ${difference}`).toBeNull()
  }
})
