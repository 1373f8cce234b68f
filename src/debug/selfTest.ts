// A device's self-test: one small program for every kind of kernel, compared with the same program on the CPU.

import type { HostArray } from '../core/hostArray.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add, div, mul, sub, where, greater } from '../ops/arithmetic.ts'
import { relu } from '../ops/activations.ts'
import { exp, tanh } from '../ops/elementary.ts'
import { argMax, logSumExp, max, mean, softmax, sum } from '../ops/reductions.ts'
import { matmul } from '../ops/linalg.ts'
import { concat, flip, pad, reshape, slice, transpose } from '../ops/shaping.ts'
import { gather, scatterAdd } from '../ops/gathering.ts'
import { openDevice, type RuntimeDevice } from '../runtime/device.ts'
import { fromHost, readData } from '../runtime/host.ts'
import { jit } from '../runtime/jit.ts'

/** The outcome of one kernel's test. */
export interface SelfTestResult {
  readonly name: string
  readonly ok: boolean
  /** The largest difference, or what went wrong. */
  readonly detail: string
}

interface Case {
  readonly name: string
  readonly inputs: readonly HostArray[]
  readonly run: (...inputs: Tensor[]) => Tensor
}

/** Values in (-1, 1) that repeat on every machine. */
function floats(...shape: number[]): HostArray {
  const data = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 23 - 1,
  )
  return { shape, dtype: 'float32', data }
}

function rowNumbers(count: number, limit: number): HostArray {
  return { shape: [count], dtype: 'int32', data: Int32Array.from({ length: count }, (_, i) => (i * 7) % limit) }
}

const bytes: HostArray = {
  shape: [9, 8],
  dtype: 'uint8',
  data: Uint8Array.from({ length: 72 }, (_, i) => (i * 37) % 256),
}

const CASES: readonly Case[] = [
  { name: 'map', inputs: [floats(37, 5), floats(5)], run: (a, b) => add(mul(exp(a), b), tanh(a)) },
  {
    name: 'map, four lanes',
    inputs: [floats(64, 32), floats(32)],
    run: (a, b) => where(greater(a, 0), mul(a, b), sub(a, b)),
  },
  { name: 'views', inputs: [floats(6, 8)], run: (a) => concat([transpose(flip(slice(a, [1, 0], [5, 8], [1, 2]))), reshape(pad(a, [[0, 0], [2, 2]]), [4, 18])].map((x) => reshape(x, [-1]))) }, // prettier-ignore
  { name: 'gather from uint8', inputs: [bytes, rowNumbers(5, 9)], run: (a, i) => div(gather(a, i), 255) },
  { name: 'scatter-add', inputs: [rowNumbers(20, 6), floats(20, 4)], run: (i, a) => scatterAdd(i, a, 6) },
  { name: 'reduction over rows', inputs: [floats(33, 70)], run: (a) => sum(a, 1) },
  { name: 'reduction over columns', inputs: [floats(70, 32)], run: (a) => max(a, 0) },
  { name: 'reduction to a scalar', inputs: [floats(1000)], run: (a) => mean(a) },
  { name: 'argMax', inputs: [floats(40, 11)], run: (a) => argMax(a) },
  { name: 'row kernel: softmax', inputs: [floats(31, 10)], run: (a) => softmax(mul(a, 20)) },
  { name: 'row kernel: logSumExp', inputs: [floats(31, 10)], run: (a) => logSumExp(mul(a, 20)) },
  {
    name: 'contraction NN with epilogue',
    inputs: [floats(37, 48), floats(48, 40), floats(40)],
    run: (a, b, c) => relu(add(matmul(a, b), c)),
  },
  {
    name: 'contraction TN',
    inputs: [floats(48, 36), floats(48, 20)],
    run: (a, b) => matmul(a, b, { transposeA: true }),
  },
  {
    name: 'contraction NT',
    inputs: [floats(33, 64), floats(24, 64)],
    run: (a, b) => matmul(a, b, { transposeB: true }),
  },
  { name: 'contraction, odd sizes', inputs: [floats(7, 13), floats(13, 5)], run: (a, b) => matmul(a, b) },
  { name: 'contraction, batched', inputs: [floats(3, 9, 12), floats(3, 12, 8)], run: (a, b) => matmul(a, b) },
  { name: 'contraction, large', inputs: [floats(128, 256), floats(256, 192)], run: (a, b) => matmul(a, b) },
]

async function valuesOn(device: RuntimeDevice, test: Case): Promise<Float64Array> {
  const inputs = test.inputs.map((input) => fromHost(input, device))
  const data = await readData(jit(test.run)(...inputs))
  return Float64Array.from(data)
}

/** Runs every test on `device` and on a CPU device of its own. */
export async function selfTest(device: RuntimeDevice): Promise<SelfTestResult[]> {
  const reference = await openDevice('cpu', { threads: 1 })
  const results: SelfTestResult[] = []
  for (const test of CASES) {
    try {
      const [got, expected] = [await valuesOn(device, test), await valuesOn(reference, test)]
      const scale = expected.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0)
      const worst = expected.reduce((difference, value, i) => Math.max(difference, Math.abs(value - got[i]!)), 0)
      const ok =
        got.length === expected.length && got.every((value, i) => Math.abs(value - expected[i]!) <= 1e-5 * (1 + scale))
      results.push({ name: test.name, ok, detail: `largest difference ${worst.toExponential(1)}` })
    } catch (error) {
      results.push({ name: test.name, ok: false, detail: error instanceof Error ? error.message : String(error) })
    }
  }
  await reference.dispose()
  return results
}
