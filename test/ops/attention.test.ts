// Attention: PyTorch's values and gradients in float64 with grouped heads, masks, rows without a position, extremes, errors.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { DTypeError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { attention, type AttentionOptions } from '../../src/ops/attention.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { sum } from '../../src/ops/reductions.ts'
import { reshape } from '../../src/ops/shaping.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { numbers, ROUNDING, worstError } from '../nn/numbers.ts'

// 2 queries of 4 heads over 3 keys of 2 heads; features 3, values 2
const q = () => numbers([1, 2, 4, 3])
const k = () => numbers([1, 3, 2, 3], { a: 23, b: 7 })
const v = () => numbers([1, 3, 2, 2], { a: 41, b: 1 })
const mask = () => tensor([[0, -1, -Infinity], [0.5, 0, 0]], { dtype: 'float64' }) // prettier-ignore

const cases: readonly { name: string; options: () => AttentionOptions; values: number[]; gradients: number[][] }[] = [
  {
    name: 'without a mask',
    options: () => ({}),
    values: [-1.26081617279, 0.617347020156, -1.4155114006, 1.07459816188, -0.616057798175, 1.33099662559, 0.0768509063362, -0.445946409756, -1.32974345967, 0.700498789753, -1.42345705911, 1.08548101361, -0.566143055027, 1.28982050914, 0.196074578786, -0.425514235139], // prettier-ignore
    gradients: [
      [-0.0250761979893, -0.0250761979893, -0.512349905306, -0.0128920931485, -0.0128920931485, 0.1098187178, 0.247776703071, 0.247776703071, -0.863735520968, 0.415197243743, 0.415197243743, -1.30222317436, -0.114167177552, -0.114167177552, 0.841855714807, -0.0302351555114, -0.0302351555114, 0.138072725268, -0.428830858971, -0.428830858971, 1.18255965878, -0.558292703159, -0.558292703159, 1.12739579534], // prettier-ignore
      [-0.132188519198, 0.118346286894, -0.0535273254379, -0.131805563511, -0.361036734695, -0.058657692557, 0.0263358630491, -0.0759768310125, -0.224630291694, -0.0827659250524, 0.416303396223, 0.0950879483549, 0.105852656149, -0.0423694558814, 0.278157617131, 0.214571488564, -0.0552666615284, -0.0364302557979], // prettier-ignore
      [-0.165125340377, -0.351071255339, 1.58136123785, 1.09226544079, -0.139667280919, -0.18953582207, 0.34511057928, 0.362163758812, 1.8047926213, -2.70939292259, 0.573528182873, 0.295570800394], // prettier-ignore
    ],
  },
  {
    name: 'causal',
    options: () => ({ causal: true }),
    values: [-1.9375, 0.625, -1.9375, 0.625, -0.8125, 1.75, -0.8125, 1.75, -1.15635458401, 0.0174424542264, -1.00099457999, -0.103393104449, -0.590107706921, 1.57702821649, 0.607378929797, 0.645649721269], // prettier-ignore
    gradients: [
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.346301491576, 0.346301491576, 0.346301491576, 0.354823784823, 0.354823784823, 0.354823784823, -0.100942510888, -0.100942510888, 0.545089558796, -0.279606159968, -0.279606159968, 1.50987326383], // prettier-ignore
      [0.0851414023279, -0.238149897479, 1.6548883488, -0.285056136518, 0.476941875967, 0.0954925343385, -0.0851414023279, 0.238149897479, -1.6548883488, 0.285056136518, -0.476941875967, -0.0954925343385, 0, 0, 0, 0, 0, 0], // prettier-ignore
      [1.03582143478, -2.04424025244, 2.69102784322, 0.618087135902, 0.464178565221, -1.20575974756, -0.19102784322, 1.1319128641, 0, 0, 0, 0], // prettier-ignore
    ],
  },
  {
    name: 'with an additive mask that holds -Infinity',
    options: () => ({ mask: mask() }),
    values: [-1.47826785019, 0.267819439039, -1.36184047402, 0.177264813127, -0.747619981956, 1.69953776374, -0.100403516442, 1.19614717946, -1.41461687548, 0.689955357063, -1.42964452012, 1.07993826982, -0.65191638105, 1.45003976135, 0.0782114251743, -0.171281207781], // prettier-ignore
    gradients: [
      [-0.235385158582, -0.235385158582, -0.235385158582, 0.329550691001, 0.329550691001, 0.329550691001, 0.0465781940877, 0.0465781940877, -0.251522248073, 0.345166585529, 0.345166585529, -1.86389956186, -0.0751187736383, -0.0751187736383, 0.680658965873, -0.0347300635036, -0.0347300635036, 0.146993399986, -0.297775244523, -0.297775244523, 0.831034908672, -0.65871751651, -0.65871751651, 1.50889961937], // prettier-ignore
      [-1.22977318509, 0.354837638872, 0.708001036135, -0.0840270260151, -0.458445395134, 0.0392949582862, 0.997014946168, -0.227326458299, -0.975998175577, -0.239306451775, 0.991436694914, 0.0787975610372, 0.232758238922, -0.127511180573, 0.267997139443, 0.323333477791, -0.532991299781, -0.118092519323], // prettier-ignore
      [0.400474067727, -0.628101778769, 2.29160665893, 0.81413238265, 0.250087099299, -0.219013221808, 0.328275478687, 0.238046354161, 0.849438832974, -2.40288499942, -0.11988213762, 0.697821263189], // prettier-ignore
    ],
  },
]

describe.each(cases)('grouped attention $name', ({ options, values, gradients }) => {
  test('has the values and gradients of PyTorch', async () => {
    expect(await worstError(attention(q(), k(), v(), options()), values)).toBeLessThan(ROUNDING)
    const loss = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
      sum(mul(attention(a, b, c, options()), numbers([1, 2, 4, 2], { a: 29, b: 5 })))
    for (const [i, gradient] of gradients.entries())
      expect(await worstError(grad(loss, { argnums: i })(q(), k(), v()), gradient)).toBeLessThan(ROUNDING)
  })

  test('has derivatives of both orders', async () => {
    const report = await checkGradients((a: Tensor, b: Tensor, c: Tensor) => attention(a, b, c, options()), [q(), k(), v()], { order: 2 }) // prettier-ignore
    expect(report.checked.second).toBeGreaterThan(50)
  })
})

test('a bool mask keeps where it is true, broadcast over heads and combined with causality', async () => {
  const keep = tensor([[[true, false, true]], [[false, true, true]], [[true, true, true]], [[true, true, false]]])
  const add = tensor([[[0, -Infinity, 0]], [[-Infinity, 0, 0]], [[0, 0, 0]], [[0, 0, -Infinity]]], { dtype: 'float64' })
  const expected = [...(await readData(attention(q(), k(), v(), { mask: add })))]
  expect(await worstError(attention(q(), k(), v(), { mask: keep }), expected)).toBeLessThan(ROUNDING)
  const pattern = tensor([[true, false, false], [true, true, false]]) // prettier-ignore
  const causal = [...(await readData(attention(q(), k(), v(), { mask: keep, causal: true })))]
  const both = [...(await readData(attention(q(), k(), v(), { mask: reshape(keep, [4, 1, 3]), causal: true })))]
  expect(both).toEqual(causal)
  const plainCausal = [...(await readData(attention(q(), k(), v(), { mask: pattern })))]
  expect(await worstError(attention(q(), k(), v(), { causal: true }), plainCausal)).toBeLessThan(ROUNDING)
  expect(causal).not.toEqual(plainCausal)
})

test.each([
  ['bool', () => tensor([[false, false, false], [true, true, true]])], // prettier-ignore
  ['float', () => tensor([[-Infinity, -Infinity, -Infinity], [0, 0, 0]])], // prettier-ignore
  ['float with the least finite number', () => tensor([[-3.4e38, -3.4e38, -3.4e38], [0, 0, 0]])], // prettier-ignore
])('a row without any position gives zeros and finite gradients (%s mask)', async (_, made) => {
  const float = (shape: number[], a: number) => numbers(shape, { a, dtype: 'float32' })
  const operands = [float([1, 2, 1, 3], 37), float([1, 3, 1, 3], 23), float([1, 3, 1, 2], 41)] as const
  const values = await readData(attention(...operands, { mask: made() }))
  expect(Array.from(values.slice(0, 2))).toEqual([0, 0])
  expect(values.slice(2).some((value) => value !== 0)).toBe(true)
  for (const argnums of [0, 1, 2]) {
    const loss = (a: Tensor, b: Tensor, c: Tensor): Tensor => sum(attention(a, b, c, { mask: made() }))
    const gradient = Array.from(await readData(grad(loss, { argnums })(...operands)))
    expect(gradient.every(Number.isFinite)).toBe(true)
    // nothing flows to the query that sees nothing
    expect(gradient.slice(0, argnums === 0 ? 3 : 0).every((value) => value === 0)).toBe(true)
  }
})

test('one head of one sample is softmax(q kᵀ scale) v, and large scores do not overflow', async () => {
  const one = (values: number[]) => tensor(values.map((value) => [[value]]))
  const output = await readData(attention(one([1e20, -1e20]), one([1e15, 0]), one([3, 5]), { scale: 1 }))
  expect([...output]).toEqual([3, 5])
  const halves = await readData(attention(one([7]), one([0, 0]), one([3, 5])))
  expect([...halves]).toEqual([4])
})

test('without keys the output is zeros, and leading axes are free', async () => {
  expect(await readData(attention(numbers([2, 1, 3]), numbers([0, 1, 3]), numbers([0, 1, 2])))).toEqual(
    new Float64Array(4),
  )
  const deep = attention(numbers([2, 3, 5, 4, 6]), numbers([2, 3, 7, 1, 6]), numbers([2, 3, 7, 1, 8]), { causal: true })
  expect(deep.shape).toEqual([2, 3, 5, 4, 8])
})

test('operands and masks that do not fit are refused with their shapes', () => {
  expect(() => attention(q(), numbers([1, 3, 3, 3]), numbers([1, 3, 3, 2]))).toThrow(
    'attention: the 3 key heads do not divide the 4 query heads: queries float64[1, 2, 4, 3]',
  )
  expect(() => attention(q(), numbers([1, 3, 2, 5]), v())).toThrow('queries and keys differ in D (3 and 5)')
  expect(() => attention(q(), k(), numbers([1, 2, 2, 2]))).toThrow(ShapeError)
  expect(() => attention(numbers([2, 3]), k(), v())).toThrow(
    'expected [..., T, H, D], [..., S, K, D] and [..., S, K, E]',
  )
  expect(() => attention(q(), k(), v(), { mask: numbers([5, 3]) })).toThrow(ShapeError)
  expect(() => attention(q(), k(), v(), { mask: numbers([1, 1, 1, 2, 3]) })).toThrow('does not broadcast to the scores')
  expect(() => attention(q(), k(), v(), { mask: tensor([1, 0, 1], { dtype: 'int32' }) })).toThrow(DTypeError)
})
