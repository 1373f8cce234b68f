// Which variant a contraction gets: shape classes, tables and their identities, and that compile follows the table.

import { describe, expect, test } from 'vitest'
import type { ContractionKernel } from '../../src/compiler/kernel.ts'
import { printProgram } from '../../src/compiler/print.ts'
import { shapeClass } from '../../src/compiler/shapeClass.ts'
import {
  CANDIDATES,
  checkChoices,
  type ContractionVariant,
  describeVariant,
  isUsable,
  knownVariant,
  tuningTable,
} from '../../src/compiler/variants.ts'
import { ArgumentError } from '../../src/core/errors.ts'
import { plus, times } from '../../src/ir/indexMap.ts'
import { cast, load, unary } from '../../src/ir/scalar.ts'
import { dataTensor } from '../../src/ir/tensor.ts'
import { conv2d } from '../../src/ops/convolution.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { programOf, type Source } from './programs.ts'

const contractions = (source: Source): ContractionKernel[] =>
  programOf(source)
    .dispatches.flatMap(({ kernels }) => kernels)
    .filter((kernel) => kernel.kind === 'contraction')

const product = (a: readonly number[], b: readonly number[], transposeA = false, transposeB = false): Source => ({
  parameters: { a, b },
  build: ({ a: x, b: y }) => [matmul(x!, y!, { transposeA, transposeB })],
})

const classOf = (source: Source): string => {
  const found = contractions(source)
  expect(found).toHaveLength(1)
  return shapeClass(found[0]!)
}

const small: ContractionVariant = { kind: 'registers', rows: 4, columns: 4, quads: false }
const large: ContractionVariant = { kind: 'registers', rows: 8, columns: 8, quads: false }

describe('a shape class', () => {
  test('says how both operands lie in memory', () => {
    expect(classOf(product([64, 32], [32, 128]))).toBe('NN load load 1 x [64, 32] x [32, 128]')
    expect(classOf(product([64, 32], [128, 32], false, true))).toBe('NT load load 1 x [64, 32] x [32, 128]')
    expect(classOf(product([32, 64], [32, 128], true))).toBe('TN load load 1 x [64, 32] x [32, 128]')
    expect(classOf(product([32, 64], [128, 32], true, true))).toBe('TT load load 1 x [64, 32] x [32, 128]')
    expect(classOf(product([64, 33], [33, 128]))).toBe('SN load load 1 x [64, 32+] x [32+, 128]')
  })

  test('stands for extents to within a factor of two, and tells small ones apart', () => {
    expect(classOf(product([96, 784], [784, 128]))).toBe(classOf(product([128, 1000], [1000, 120])))
    expect(classOf(product([60, 784], [784, 128]))).not.toBe(classOf(product([128, 784], [784, 128])))
    expect(classOf(product([8, 784], [784, 128]))).not.toBe(classOf(product([12, 784], [784, 128])))
    expect(classOf(product([4, 64, 32], [4, 32, 64]))).toBe('NN load load 4 x [64, 32] x [32, 64]')
  })

  test('tells plain operands from computed ones, windows and rows at indices', () => {
    const [kernel] = contractions(product([64, 32], [32, 64]))
    const { lhs, m, k } = kernel!
    expect(shapeClass({ ...kernel!, lhs: unary('neg', lhs) })).toMatch(/^NN map load /)
    const rows = load(dataTensor({ shape: [64], dtype: 'int32' }), m)
    const samples = dataTensor({ shape: [500, 32], dtype: 'uint8' })
    const gathered = cast('float32', load(samples, plus(times(rows, 32), k)))
    expect(shapeClass({ ...kernel!, lhs: gathered })).toMatch(/^NN indices uint8 load /)
    const images: Source = {
      parameters: { x: [4, 8, 8, 8], w: [3, 3, 8, 16] },
      build: ({ x, w }) => [conv2d(x!, w!, { padding: 'same' })],
    }
    expect(classOf(images)).toBe('NN windows load 1 x [256, 64] x [64, 16]')
  })
})

describe('compile', () => {
  const source = product([64, 32], [32, 128])

  test('gives every contraction the variant of its class, or the fallback', () => {
    const tuning = tuningTable('a', { fallback: small, entries: { [classOf(source)]: large } })
    const both: Source = {
      parameters: { a: [64, 32], b: [32, 128], c: [128, 512] },
      build: ({ a, b, c }) => [matmul(a!, b!), matmul(b!, c!)],
    }
    const kernels = programOf(both, { tuning }).dispatches.flatMap((dispatch) => dispatch.kernels)
    expect(kernels.map((kernel) => kernel.kind === 'contraction' && kernel.variant)).toEqual([large, small])
  })

  test('prints them', () => {
    const text = printProgram(programOf(source, { tuning: tuningTable('a', { fallback: small, entries: {} }) }))
    expect(text).toContain('contraction [64, 32] x [32, 128], registers 4x4\n')
  })
})

describe('a tuning table', () => {
  test('has the identity of its adapter and its choices, in whatever order they came', () => {
    const one = tuningTable('a', { fallback: small, entries: { x: large, y: small } })
    expect(tuningTable('a', { fallback: small, entries: { y: small, x: large } }).identity).toBe(one.identity)
    const others = [
      tuningTable('b', { fallback: small, entries: { x: large, y: small } }),
      tuningTable('a', { fallback: large, entries: { x: large, y: small } }),
      tuningTable('a', { fallback: small, entries: { x: large, y: large } }),
      tuningTable('a', { fallback: small, entries: { x: large } }),
      tuningTable('a', { fallback: small, entries: {} }),
    ]
    expect(new Set([one, ...others].map(({ identity }) => identity)).size).toBe(6)
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
  })

  test('is refused where the device cannot run it', () => {
    const quads = tuningTable('a', { fallback: small, entries: { x: { ...large, quads: true } } })
    expect(() => checkChoices(quads, { subgroups: false })).toThrow(ArgumentError)
    expect(() => checkChoices(quads, { subgroups: false })).toThrow(/registers 8x8 quads, which needs subgroups/)
    checkChoices(quads, { subgroups: true })
  })

  test('candidates have descriptions of their own, and the known variants run everywhere', () => {
    expect(new Set(CANDIDATES.map(describeVariant)).size).toBe(CANDIDATES.length)
    for (const software of [true, false]) {
      for (const subgroups of [true, false])
        expect(isUsable(knownVariant(software, { subgroups }), { subgroups })).toBe(true)
    }
  })
})
