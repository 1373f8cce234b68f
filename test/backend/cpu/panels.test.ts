// Products of panels on the CPU: round the edges of tiles and of blocks of rows and terms, against float64 and against plain JavaScript,
// with epilogues that update state in place over several runs; and the plain path where there is no WebAssembly.

import { afterEach, describe, expect, test, vi } from 'vitest'
import { valueAndGrad } from '../../../src/autodiff/vjp.ts'
import { createCpuBackend } from '../../../src/backend/cpu/cpu.ts'
import { assemble } from '../../../src/backend/cpu/wasm/assembler.ts'
import { HELPERS, IMPORTS } from '../../../src/backend/cpu/wasm/helpers.ts'
import { callOf, wasmImports, wasmSupport } from '../../../src/backend/cpu/wasm/module.ts'
import { productFunctions } from '../../../src/backend/cpu/wasm/product.ts'
import type { HostArray } from '../../../src/core/hostArray.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { graphOf } from '../../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../../src/ir/tensor.ts'
import { add, mul, sub } from '../../../src/ops/arithmetic.ts'
import { relu } from '../../../src/ops/activations.ts'
import { conv1d, conv2d, type ConvolutionOptions } from '../../../src/ops/convolution.ts'
import { matmul } from '../../../src/ops/linalg.ts'
import { broadcastTo, transpose } from '../../../src/ops/shaping.ts'
import { sum } from '../../../src/ops/reductions.ts'
import { slice } from '../../../src/ops/slicing.ts'
import { prepareGraph, runGraph } from '../../conformance/execute.ts'
import { randomFrom } from '../../conformance/sample.ts'
import { BLOCK_PRODUCTS, checkProducts } from '../../ops/products.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('products of several blocks are within 4 sqrt(K) 2^-24 of the sum of magnitudes', async () => {
  const { worst, failures } = await checkProducts(createCpuBackend(), BLOCK_PRODUCTS)
  expect(failures).toEqual([])
  expect(worst).toBeGreaterThan(0)
})

const SHAPES = { w: [700, 36], b: [36], x: [150, 700], filter: [3, 3, 2, 5], image: [4, 9, 9, 2], rate: [] }

/** A layer, its weights updated in place from two products, and a convolution whose operand is gathered with guards. */
const layer = () => {
  const leaves = Object.entries(SHAPES).map(([name, shape]) =>
    parameter({ shape, dtype: 'float32' }, name, name === 'rate' ? 'argument' : 'buffer'),
  )
  const [w, b, x, filter, image, rate] = leaves
  const hidden = relu(add(matmul(x!, w!), b!))
  return graphOf(leaves, [
    sub(w!, mul(rate!, matmul(x!, hidden, { transposeA: true }))),
    hidden,
    conv2d(image!, filter!, { padding: 'same' }),
  ])
}

test('a layer, its update in place and a convolution are those of plain JavaScript, over runs with other rates', async () => {
  const random = randomFrom('panels')
  const values = Object.values(SHAPES)
    .slice(0, -1)
    .map((shape): HostArray => {
      return { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, () => random() - 0.5) }
    })
  const results: HostArray[][] = []
  for (const simd of [true, false]) {
    const prepared = await prepareGraph(createCpuBackend({ simd }), layer(), { donations: [0, null, null] })
    expect((await prepared.call(values, [[1e-3], [2e-3], [5e-4]])).length).toBe(3)
    results.push(await prepared.call(values.map(() => null), [[1e-4]])) // prettier-ignore
    prepared.dispose()
  }
  results[0]!.forEach(({ data }, i) => {
    const plain = results[1]![i]!.data
    const scale = Math.max(...plain.map(Math.abs))
    data.forEach((value, at) => expect(Math.abs(value - plain[at]!)).toBeLessThan(2e-6 * scale))
    expect(Array.from(data)).not.toEqual(Array.from(plain)) // sums of float32 differ somewhere from those of float64
  })
})

/** Rows and columns of larger tensors, by `[rows, terms]` and `[terms, columns]`: few and many terms, batches, steps, and what repeats. */
const viewed = () => {
  const [x, y] = [[20, 70, 700], [20, 700, 70]].map((shape, i) => parameter({ shape, dtype: 'float32' }, `x${i}`)) // prettier-ignore
  const rows = (from: readonly number[], to: readonly number[], step: readonly number[] = []) => slice(x!, from, to, step) // prettier-ignore
  const columns = (from: readonly number[], to: readonly number[], step: readonly number[] = []) => slice(y!, from, to, step) // prettier-ignore
  const turned = (value: Tensor): Tensor => transpose(value, [0, 2, 1])
  const products = [
    matmul(rows([0, 3, 5], [2, 66, 680]), columns([0, 5, 1], [2, 680, 68])),
    matmul(rows([3, 0, 7], [4, 65, 27]), columns([3, 7, 2], [4, 27, 9])),
    matmul(turned(columns([0, 2, 3], [1, 640, 66])), turned(rows([0, 1, 2], [1, 69, 640]))),
    matmul(turned(columns([0, 2, 3], [1, 40, 66])), turned(rows([0, 1, 2], [1, 69, 40]))),
    matmul(rows([0, 0, 0], [20, 9, 33]), columns([0, 0, 0], [20, 33, 17])),
    matmul(turned(columns([0, 0, 0], [20, 80, 19])), turned(rows([0, 0, 0], [20, 23, 80]))),
    matmul(rows([1, 1, 1], [2, 60, 600], [1, 2, 3]), columns([1, 1, 1], [2, 600, 60], [1, 3, 2])),
    matmul(broadcastTo(slice(x!, [0, 0, 0], [1, 1, 90]), [1, 30, 90]), columns([0, 0, 0], [1, 90, 12])),
    matmul(rows([0, 0, 0], [1, 30, 90]), broadcastTo(slice(y!, [0, 0, 0], [1, 90, 1]), [1, 90, 12])),
    matmul(rows([0, 0, 0], [1, 30, 90]), broadcastTo(slice(y!, [0, 4, 0], [1, 5, 12]), [1, 90, 12])),
  ]
  return graphOf([x!, y!], products)
}

test('products of views of tensors are those of plain JavaScript', async () => {
  const random = randomFrom('views')
  const values = [[20, 70, 700], [20, 700, 70]].map((shape): HostArray => {
    return { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, () => random() - 0.5) }
  }) // prettier-ignore
  const [fast, plain] = await Promise.all([true, false].map((simd) => runGraph(createCpuBackend({ simd }), viewed(), values))) // prettier-ignore
  fast!.forEach(({ data }, i) => {
    const exact = plain![i]!.data
    expect(data.length).toBe(exact.length)
    const scale = Math.max(...exact.map(Math.abs))
    data.forEach((value, at) => expect(Math.abs(value - exact[at]!)).toBeLessThan(2e-6 * scale))
  })
})

const CONVOLUTIONS: readonly (readonly [number, number, number, ConvolutionOptions])[] = [
  [8, 3, 12, { padding: 'same' }],
  [4, 3, 5, {}],
  [16, 2, 9, { strides: 2 }],
  [64, 3, 8, { padding: 'same' }], // more than a block of terms
  [8, 3, 8, { dilation: 2, padding: 'same' }],
  [16, 3, 8, { groups: 2, padding: 'same' }],
  [64, 3, 32, { groups: 8 }], // threads would share the groups
  [12, 5, 4, { strides: 3, padding: [[3, 1], [2, 4]] }],
  [6, 3, 4, { padding: 'same' }], // runs that are no vectors
] // prettier-ignore

test.each(CONVOLUTIONS)('a convolution of %i channels, %i wide, to %i, %j, and its derivatives are those of plain JavaScript', async (channels, width, features, options) => {
  const shapes = [[3, 13, 11, channels], [width, width, channels / (options.groups ?? 1), features]]
  const leaves = shapes.map((shape, i) => parameter({ shape, dtype: 'float32' }, `x${i}`)) as [Tensor, Tensor]
  const [value, gradients] = valueAndGrad(([x, w]: [Tensor, Tensor]) => {
    const y = conv2d(x, w, options)
    return sum(mul(y, y))
  })(leaves)
  const graph = graphOf(leaves, [conv2d(leaves[0], leaves[1], options), ...gradients, value])
  const random = randomFrom('convolution')
  const values = shapes.map((shape): HostArray => {
    return { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, () => random() - 0.5) }
  })
  const [fast, plain] = await Promise.all([true, false].map((simd) => runGraph(createCpuBackend({ simd }), graph, values)))
  fast!.forEach(({ data }, i) => {
    const exact = plain![i]!.data
    const scale = Math.max(...exact.map(Math.abs))
    data.forEach((got, at) => expect(Math.abs(got - exact[at]!)).toBeLessThan(2e-6 * scale))
  })
}) // prettier-ignore

test('terms that lie far apart are those of plain JavaScript', async () => {
  const shapes = [[2, 1400, 4], [3, 4, 5]] // prettier-ignore
  const [x, w] = shapes.map((shape, i) => parameter({ shape, dtype: 'float32' }, `x${i}`)) as [Tensor, Tensor]
  const graph = graphOf([x, w], [conv1d(x, w, { strides: 5, padding: [[2, 2]] })])
  const values = shapes.map((shape): HostArray => {
    return { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 37) % 64) - 32) }
  }) // prettier-ignore
  const [fast, plain] = await Promise.all(
    [true, false].map((simd) => runGraph(createCpuBackend({ simd }), graph, values)),
  )
  expect(Array.from(fast![0]!.data)).toEqual(Array.from(plain![0]!.data)) // sums of integers are exact
})

/** The functions of `product.ts`, over a memory of one page. */
async function productOf(): Promise<{
  readonly floats: Float32Array
  readonly call: (name: string, ...operands: number[]) => void
}> {
  const { fused } = wasmSupport()!
  const functions = [...HELPERS, ...productFunctions(fused)].map((fn) => ({ ...fn, exported: true }))
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const bytes = assemble(functions, IMPORTS, { maxPages: 1, shared: false })
  const { instance } = await WebAssembly.instantiate(bytes, wasmImports(memory))
  return { floats: new Float32Array(memory.buffer), call: (name, ...operands) => callOf(instance, name)(...operands) }
}

describe('the product of panels', () => {
  const NOWHERE = 0x7fffffff
  test('goes through tiles of 4 rows and panels of 8 columns, with an odd number of terms', async () => {
    const { floats, call } = await productOf()
    for (let i = 0; i < 24; i++) floats[i] = i + 1 // two tiles of four rows, three terms
    for (let i = 0; i < 48; i++) floats[24 + i] = i - 20 // two panels of eight columns
    call('product', 0, 4, NOWHERE, 16, 48, 4 * 24, 4 * 72, 2, 2, 3, 4 * 16, 0)
    for (let row = 0; row < 8; row++) {
      for (let column = 0; column < 16; column++) {
        const [tile, panel] = [12 * (row >> 2) + (row & 3), 24 + 24 * (column >> 3) + (column & 7)]
        const terms = [0, 1, 2].map((term) => floats[tile + 4 * term]! * floats[panel + 8 * term]!)
        expect(floats[72 + 16 * row + column]).toBe(terms[0]! + terms[1]! + terms[2]!)
      }
    }
  })

  test('multiplies, and adds to what is there', async () => {
    const { floats, call } = await productOf()
    floats.set([1, 2, 3, 4, 10, 20, 30, 40]) // two terms of four rows
    floats.set([1, 2, 3, 4, 5, 6, 7, 8, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], 8)
    const expected = (times: number): number[] =>
      [1, 2, 3, 4].flatMap((row) => [1, 2, 3, 4, 5, 6, 7, 8].map((column) => times * (row * column + 5 * row)))
    call('product', 0, 4, NOWHERE, 16, 32, 32, 96, 1, 1, 2, 32, 0)
    expect(Array.from(floats.subarray(24, 56))).toEqual(expected(1))
    call('product', 0, 4, NOWHERE, 16, 32, 32, 96, 1, 1, 2, 32, 1)
    expect(Array.from(floats.subarray(24, 56))).toEqual(expected(2))
  })

  test('reads no row and no column after the last', async () => {
    const { floats, call } = await productOf()
    floats.set([1, 2, 3]) // one term of three rows
    floats.set([1, 1, 1, 1, 1, 1, 1, 1], 8)
    floats[3] = Number.NaN
    call('product', 0, 4, 8, 4, 16, 32, 64, 1, 1, 1, 32, 0)
    expect([0, 8, 16, 24].map((at) => floats[16 + at])).toEqual([1, 2, 3, 3])
    call('turn8', 0, 4, 8, 256, 1, 1)
    expect(Array.from(floats.subarray(64, 72))).toEqual([1, 2, 3, 3, 3, 3, 3, 3])
  })
})

test('where there is no WebAssembly, products are plain JavaScript', async () => {
  vi.stubGlobal('WebAssembly', undefined)
  const backend = createCpuBackend()
  expect([backend.name, backend.info['simd']]).toEqual(['CPU (JavaScript)', false])
  const { worst, failures } = await checkProducts(backend, BLOCK_PRODUCTS.slice(0, 4))
  expect(failures).toEqual([])
  expect(worst).toBeGreaterThan(0)
})
