// The programs of examples/, run as they stand, and what their numbers must be.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { setDevice } from 'wgrad'
import * as jacobian from '../../examples/jacobian.ts'
import * as learningRates from '../../examples/learningRates.ts'
import * as nestedChain from '../../examples/nestedChain.ts'
import * as reverseOrder from '../../examples/reverseOrder.ts'
import { algebra, evaluate } from '../../examples/symbolic.ts'
import * as vanishingGradients from '../../examples/vanishingGradients.ts'
import { lectureGolden } from '../goldens/read.ts'

const golden = lectureGolden()
const lines: string[] = []
const print = (line: string): void => void lines.push(line)

beforeAll(async () => {
  await setDevice('cpu')
})

function expectNear(got: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(got.length).toBe(expected.length)
  expected.forEach((value, i) =>
    expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value))),
  )
}

test("jacobian: gradient and Jacobian are PyTorch's, and the columns add up to the gradient", async () => {
  const { x, w1, w2, z, gradient, jacobian: rows } = golden.tanhNetwork
  expect(jacobian.INPUTS).toEqual({ x, w1, w2 })
  const result = await jacobian.run(print)
  expectNear(result.z, z, 1e-12)
  expectNear(result.gradient, gradient, 1e-12)
  expectNear(result.reverse, rows.flat(), 1e-12)
  expectNear(result.forward, rows.flat(), 1e-12)
  expectNear(result.columnSums, result.gradient, 1e-12)
})

test('reverseOrder: both orders give the same, and reverse needs far fewer multiplications', async () => {
  const { j1, j2, v, j2v, j1j2v } = golden.products
  expect([reverseOrder.J1, reverseOrder.J2, reverseOrder.V]).toEqual([j1, j2, v])
  const result = await reverseOrder.run(print)
  expectNear(result.j2v, j2v, 1e-14)
  expectNear(result.gradient, j1j2v, 1e-14)
  expectNear(result.reverse.gradient, j1j2v, 1e-14)
  expectNear(result.forward.gradient, j1j2v, 1e-14)
  expect([result.reverse.multiplications, result.forward.multiplications]).toEqual([18, 36])
  // the formula agrees with the count, and the ratio grows with the width
  expect(result.costs[0]).toEqual({ layers: 2, width: 3, forward: 36, reverse: 18 })
  expect(result.costs.filter(({ layers }) => layers === 2).map((cost) => cost.forward / cost.reverse)).toEqual([2, 5.5, 50.5, 500.5]) // prettier-ignore
})

describe('nestedChain', () => {
  let result: nestedChain.NestedChainResult
  beforeAll(async () => {
    result = await nestedChain.run(print)
  })

  test('the derivative is right to 1e-6 in float64, and to its conditioning in float32', () => {
    const { derivative } = golden.nested.float64
    expect(Math.abs(result.float64.derivative / derivative - 1)).toBeLessThan(1e-6)
    expect(Math.abs(result.unshared.derivative / derivative - 1)).toBeLessThan(1e-6)
    expect(result.shared.derivative).toBe(result.unshared.derivative)
    expect(Math.abs(result.float32.derivative - derivative)).toBeLessThan(result.float32Bound)
    // the bound says something: it is a small part of the derivative, and PyTorch's float32 keeps it too
    expect(result.float32Bound).toBeLessThan(1e-3 * derivative)
    expect(Math.abs(golden.nested.float32.derivative - derivative)).toBeLessThan(result.float32Bound)
  })

  test('the symbolic rules give the derivative of one nesting, sign included', () => {
    const at = 0.7
    const [s, t] = [Math.sin(at), Math.tan(Math.sin(at))]
    const derivative = (-Math.sin(t) / Math.cos(s) ** 2) * Math.cos(at)
    for (const share of [true, false]) {
      const { x, unary, differentiate } = algebra(share)
      const once = unary('cos', unary('tan', unary('sin', x())))
      expect(evaluate(differentiate(once), at)).toBeCloseTo(derivative, 14)
    }
  })

  test('without sharing the formula grows with the square of the depth, with it in proportion', () => {
    const at = (depth: number) => result.growth.find((entry) => entry.depth === depth)!
    expect(result.unshared.nodes).toBe(at(30).unshared)
    expect(at(60).unshared / at(30).unshared).toBeGreaterThan(3.8)
    expect(at(60).shared / at(30).shared).toBeLessThan(2.1)
    expect(result.unshared.nodes).toBeGreaterThan(15 * result.shared.nodes)
    expect(result.float64.nodes).toBeLessThan(4 * result.shared.nodes)
  })
})

test('vanishingGradients: the sigmoid starves its first layers, ReLU does not', async () => {
  const { sigmoid, tanh, relu } = await vanishingGradients.run(print)
  for (const norms of [sigmoid, tanh, relu]) expect(norms.length).toBe(vanishingGradients.LAYERS)
  const share = (norms: readonly number[]): number => norms[0]! / norms.at(-1)!
  expect(share(sigmoid)).toBeLessThan(1e-8)
  expect(share(sigmoid)).toBeGreaterThan(0)
  expect(Math.abs(Math.log10(share(relu)))).toBeLessThan(2)
  expect(Math.abs(Math.log10(share(tanh)))).toBeLessThan(2)
  expect(Math.min(...relu)).toBeGreaterThan(0.1) // He's weights keep the size too
})

describe('learningRates', () => {
  let result: learningRates.LearningRatesResult
  beforeAll(async () => {
    result = await learningRates.run(print)
  })

  test('0.05 is slow, 0.2 is best, 1 overshoots, 1.5 diverges', () => {
    const { rates } = result
    const least = Math.min(...rates['0.2'].losses)
    const excess = (path: learningRates.Path): number => path.losses.at(-1)! - least
    const start = rates['0.2'].losses[0]! - least
    expect(excess(rates['0.2'])).toBeLessThan(1e-6 * start)
    expect(excess(rates['0.05'])).toBeGreaterThan(1e-3 * start)
    expect(excess(rates['0.05'])).toBeLessThan(0.1 * start)
    expect(excess(rates['1'])).toBeGreaterThan(excess(rates['0.2']))
    expect(rates['1.5'].losses.at(-1)!).toBeGreaterThan(1e6 * start)
    // 1 jumps from one side of the valley to the other, 0.2 never does
    const crossings = (path: learningRates.Path): number =>
      path.weights.slice(2).filter(([w], i) => (w - 2) * (path.weights[i + 1]![0] - 2) < 0).length
    expect(crossings(rates['1'])).toBeGreaterThan(20)
    expect(crossings(rates['0.2'])).toBeLessThanOrEqual(5) // around the noisy minimum itself
  })

  test('smaller batches take rougher paths to a noisier end', () => {
    const [full, mini, single] = result.batches
    expect(full!.path).toEqual(result.rates['0.2'])
    expect(full!.roughness).toBeLessThan(1.1)
    expect(mini!.roughness).toBeGreaterThan(full!.roughness)
    expect(single!.roughness).toBeGreaterThan(mini!.roughness)
    expect(single!.path.losses.at(-1)!).toBeGreaterThan(mini!.path.losses.at(-1)!)
  })

  test('averaging n samples improves signal to noise by the root of n', () => {
    const [one, ...more] = result.signalToNoise
    for (const { size, ratio } of more) {
      const gain = ratio / one!.ratio / Math.sqrt(size)
      expect(gain, `${size} samples`).toBeGreaterThan(0.7)
      expect(gain, `${size} samples`).toBeLessThan(1.4)
    }
  })
})

test('every example is in the README and in these tests', () => {
  const folder = fileURLToPath(new URL('../../examples', import.meta.url))
  const readme = readFileSync(`${folder}/README.md`, 'utf8')
  const programs = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => readFileSync(`${folder}/${file}`, 'utf8').includes('export async function run('))
    .map((file) => file.slice(0, -3))
  expect(programs.toSorted()).toEqual(['jacobian', 'learningRates', 'nestedChain', 'reverseOrder', 'vanishingGradients']) // prettier-ignore
  for (const name of programs) expect(readme).toContain(`\`${name}\``)
})

test('every example prints what it finds', () => {
  expect(lines.length).toBeGreaterThan(40)
  expect(lines.filter((line) => /NaN|undefined/.test(line))).toEqual([])
})
