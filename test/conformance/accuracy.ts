// The accuracy of every elementwise function of floats: its error in units in the last place of float32, on one backend, against
// the float64 references, over a dense sample of its domain. No test runner in here: scripts/accuracy.mjs prints the table.

import type { Backend } from '../../src/backend/backend.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import * as activations from '../../src/ops/activations.ts'
import * as arithmetic from '../../src/ops/arithmetic.ts'
import * as elementary from '../../src/ops/elementary.ts'
import { platform } from '../../src/platform/node.ts'
import { runGraph } from './execute.ts'
import { referenceOutputs, toReference } from './reference.ts'
import { randomFrom } from './sample.ts'

/** How far a function was off. */
export interface Accuracy {
  readonly name: string
  readonly domain: string
  /** The greatest error in units of the last place, and the operands there. */
  readonly ulp: number
  readonly at: readonly number[]
  /** The greatest relative error. */
  readonly relative: number
  /** Results that are finite or not where they should be the other, or NaN. */
  readonly wrong: number
}

interface Subject {
  readonly name: string
  readonly domain: readonly [number, number]
  readonly build: (x: Tensor, y: Tensor) => Tensor
  /** The domain of a second operand. */
  readonly second?: readonly [number, number]
  /** Arguments that are added to the sample. */
  readonly edges?: readonly number[]
}

const ALL: readonly [number, number] = [-3.4e38, 3.4e38]
const POSITIVE: readonly [number, number] = [2 ** -126, 3.4e38]
const { tan, atan2 } = elementary

const unary = (name: string, build: (x: Tensor) => Tensor, domain: Subject['domain'], edges: readonly number[] = []): Subject => ({ name, build, domain, edges }) // prettier-ignore

const SUBJECTS: readonly Subject[] = [
  unary('exp', elementary.exp, [-87.3, 88.72]),
  unary('expm1', elementary.expm1, [-100, 88.72], [0.35, -0.35]),
  unary('log', elementary.log, POSITIVE, [1]),
  unary('log1p', elementary.log1p, [-0.9999999, 3.4e38], [-0.29, 0.41]),
  unary('log2', elementary.log2, POSITIVE, [1]),
  unary('sqrt', elementary.sqrt, POSITIVE),
  unary('rsqrt', elementary.rsqrt, POSITIVE),
  unary('reciprocal', arithmetic.reciprocal, [2 ** -126, 2 ** 126]),
  unary('sin', elementary.sin, [-1e5, 1e5], [Math.PI, 2 * Math.PI, Math.PI / 2]),
  unary('cos', elementary.cos, [-1e5, 1e5], [Math.PI, 2 * Math.PI, Math.PI / 2]),
  unary('tan', tan, [-1e5, 1e5], [Math.PI, Math.PI / 2]),
  unary('asin', elementary.asin, [-1, 1], [0.5, -0.5]),
  unary('acos', elementary.acos, [-1, 1], [0.5, -0.5]),
  unary('atan', elementary.atan, ALL, [1, -1]),
  { name: 'atan2', build: atan2, domain: ALL, second: ALL },
  unary('sinh', elementary.sinh, [-89.4, 89.4], [1, -1]),
  unary('cosh', elementary.cosh, [-89.4, 89.4]),
  unary('tanh', elementary.tanh, ALL, [0.625, -0.625]),
  unary('asinh', elementary.asinh, ALL, [2 ** 14]),
  unary('acosh', elementary.acosh, [1, 3.4e38], [1, 2 ** 14]),
  unary('atanh', elementary.atanh, [-0.99999994, 0.99999994], [0.5]),
  unary('erf', elementary.erf, ALL, [1, -1]),
  { name: 'pow', build: arithmetic.pow, domain: [2 ** -126, 3.4e38], second: [-200, 200] },
  { name: 'rem', build: arithmetic.rem, domain: [-1e6, 1e6], second: [0.5, 1e6] },
  { name: 'mod', build: arithmetic.mod, domain: [-1e6, 1e6], second: [0.5, 1e6] },
  { name: 'div', build: arithmetic.div, domain: [-1e18, 1e18], second: [1e-18, 1e18] },
  unary('sigmoid', activations.sigmoid, [-87.3, 3.4e38]),
  unary('logSigmoid', activations.logSigmoid, [-3.4e38, 87.3]),
  unary('softplus', activations.softplus, [-87.3, 3.4e38]),
  unary('elu', (x) => activations.elu(x), ALL),
  unary('selu', activations.selu, ALL),
  unary('celu', (x) => activations.celu(x, 1.5), ALL),
  unary('gelu', (x) => activations.gelu(x), [-12.9, 3.4e38]),
  unary('gelu, tanh form', (x) => activations.gelu(x, { approximate: true }), [-9.9, 3.4e38]),
  unary('silu', activations.silu, [-87.3, 3.4e38]),
  unary('mish', activations.mish, [-87.3, 3.4e38]),
  unary('hardSigmoid', activations.hardSigmoid, ALL, [-3, 3]),
  unary('hardSwish', activations.hardSwish, ALL, [-3, 3]),
  unary('softsign', activations.softsign, ALL),
]

/** Magnitudes below this may be 0 on a device. */
const SMALLEST_NORMAL = 2 ** -126

/** Numbers of a domain: evenly spread ones, ones evenly spread in their logarithm, and neighbours of the edges. */
function sampleOf(
  name: string,
  [low, high]: readonly [number, number],
  edges: readonly number[],
  count: number,
): Float32Array {
  // prettier-ignore
  const random = randomFrom(name)
  const within = (x: number): boolean => x >= low && x <= high && (x === 0 || Math.abs(x) >= SMALLEST_NORMAL)
  const values: number[] = [low, high, ...[...edges, 0, 1, -1].flatMap((edge) => [-2, -1, 0, 1, 2].map((step) => edge * (1 + step * 2 ** -23)))] // prettier-ignore
  const modest = [Math.max(low, -100), Math.min(high, 100)] as const
  for (let i = 0; i < count / 4; i++) {
    values.push(modest[0] + (modest[1] - modest[0]) * random())
    values.push(Math.max(low, -8) + (Math.min(high, 8) - Math.max(low, -8)) * random())
    const sign = low < 0 && (high <= 0 || random() < 0.5) ? -1 : 1
    const greatest = sign < 0 ? -low : high
    values.push(sign * greatest * 2 ** (-random() * Math.min(150, Math.log2(greatest) + 126)))
    values.push(sign * greatest * 2 ** (-random() * 12))
  }
  return Float32Array.from(values).filter(within)
}

/** The unit in the last place of float32 at a value. */
const unitAt = (value: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23)

/** The accuracy of every function on a backend. */
export async function measureAccuracy(backend: Backend, count = 40_000): Promise<Accuracy[]> {
  const results: Accuracy[] = []
  for (const { name, build, domain, second, edges = [] } of SUBJECTS) {
    let columns = [sampleOf(name, domain, edges, count)]
    if (second !== undefined) columns.push(sampleOf(`${name} by`, second, [], count))
    const size = Math.min(...columns.map((column) => column.length))
    columns = columns.map((column) => column.slice(0, size))
    const inputs = columns.map((_, i) => parameter({ shape: [size], dtype: 'float32' }, `x${i}`))
    const graph = graphOf(inputs, [build(inputs[0]!, inputs[1] ?? inputs[0]!)])
    const values = columns.map((data) => ({ shape: [size], dtype: 'float32', data }) as const)
    const [exact] = referenceOutputs(graph, values.map(toReference))
    const [got] = await runGraph(backend, graph, values)
    let [ulp, relative, wrong, at] = [0, 0, 0, -1]
    exact!.data.forEach((expected, i) => {
      const value = got!.data[i]!
      const target = Math.fround(expected)
      if (Math.abs(target) < SMALLEST_NORMAL) return
      if (!Number.isFinite(value) || !Number.isFinite(target)) {
        // at the end of the range either may be right
        if (!Object.is(value, target) && !(Math.abs(expected) > 3.4028e38 && Math.abs(value) > 3.4028e38)) wrong++
        return
      }
      const error = Math.abs(value - expected) / unitAt(expected)
      if (error > ulp) [ulp, at] = [error, i]
      relative = Math.max(relative, Math.abs(value / expected - 1))
    })
    const text = (range: readonly [number, number]): string => range.map((x) => x.toPrecision(3).replace(/\.?0+($|e)/, '$1')).join(' .. ') // prettier-ignore
    results.push({
      name,
      domain: second === undefined ? text(domain) : `${text(domain)}; ${text(second)}`,
      ulp,
      at: at < 0 ? [] : columns.map((column) => column[at]!),
      relative,
      wrong,
    })
  }
  return results
}

/** The CPU, and WebGPU in Node. */
export async function openBackends(): Promise<{ readonly cpu: Backend; readonly webgpu: Backend }> {
  return { cpu: createCpuBackend(), webgpu: await createWebGpuBackend(await platform.gpu()) }
}
