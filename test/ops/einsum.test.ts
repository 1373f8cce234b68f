// einsum against its definition, written as loops over all labels, and against PyTorch where there is an ellipsis or no result; values
// are whole numbers, so that they are exact. Gradients of two orders, errors, and the products that it becomes.

import { describe, expect, test } from 'vitest'
import { vjp } from '../../src/autodiff/vjp.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { sizeOf, stridesOf } from '../../src/core/shape.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import { topologicalOrder } from '../../src/ir/graph.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { einsum } from '../../src/ops/einsum.ts'
import { tensor } from '../../src/runtime/host.ts'
import { compiled, counted, ramp, rampValues, valuesOf } from './ramp.ts'

/** The definition, for an equation with `->` and without ellipsis. */
function bySums(equation: string, shapes: readonly (readonly number[])[]): { shape: number[]; values: number[] } {
  const [left, output] = equation.split('->') as [string, string]
  const terms = left.split(',')
  const extents = new Map<string, number>()
  terms.forEach((term, i) => [...term].forEach((label, axis) => extents.set(label, shapes[i]![axis]!)))
  const labels = [...extents.keys()]
  const flat = (term: string, shape: readonly number[], at: readonly number[]): number =>
    [...term].reduce((index, label, axis) => index + at[labels.indexOf(label)]! * stridesOf(shape)[axis]!, 0)
  const shape = [...output].map((label) => extents.get(label)!)
  const values: number[] = Array.from({ length: sizeOf(shape) }, () => 0)
  const operands = shapes.map((own) => rampValues(sizeOf(own)))
  const all = labels.map((label) => extents.get(label)!)
  for (let step = 0; step < sizeOf(all); step++) {
    const strides = stridesOf(all)
    const at = all.map((extent, i) => Math.floor(step / strides[i]!) % extent)
    values[flat(output, shape, at)]! += terms.reduce(
      (product, term, i) => product * operands[i]![flat(term, shapes[i]!, at)]!,
      1,
    )
  }
  return { shape, values: values.map((value) => value + 0) }
}

const EQUATIONS: readonly { readonly equation: string; readonly shapes: readonly (readonly number[])[] }[] = [
  { equation: 'ij,jk->ik', shapes: [[2, 3], [3, 4]] },
  { equation: 'ij,jk->ki', shapes: [[2, 3], [3, 4]] },
  { equation: 'ij,kj->ik', shapes: [[2, 3], [4, 3]] },
  { equation: 'bij,bjk->bik', shapes: [[2, 3, 4], [2, 4, 5]] },
  { equation: 'bij,bij->b', shapes: [[2, 3, 4], [2, 3, 4]] },
  { equation: 'bhid,bhjd->bhij', shapes: [[2, 2, 3, 4], [2, 2, 5, 4]] },
  { equation: 'bhij,bjhd->bihd', shapes: [[2, 2, 3, 5], [2, 5, 2, 4]] },
  { equation: 'abcd,dcef->abef', shapes: [[2, 3, 2, 3], [3, 2, 2, 2]] },
  { equation: 'ij,ij->ij', shapes: [[2, 3], [2, 3]] },
  { equation: 'ij,i->ij', shapes: [[2, 3], [2]] },
  { equation: 'i,j->ji', shapes: [[2], [3]] },
  { equation: 'i,i->', shapes: [[5], [5]] },
  { equation: ',ij->ji', shapes: [[], [2, 3]] },
  { equation: 'ij,k->ij', shapes: [[2, 3], [4]] },
  { equation: 'ij,jk->', shapes: [[2, 3], [3, 4]] },
  { equation: 'ij->ji', shapes: [[2, 3]] },
  { equation: 'ijk->j', shapes: [[2, 3, 4]] },
  { equation: 'ii->i', shapes: [[3, 3]] },
  { equation: 'ii->', shapes: [[3, 3]] },
  { equation: 'iiii->i', shapes: [[2, 2, 2, 2]] },
  { equation: 'ijij->ji', shapes: [[2, 3, 2, 3]] },
  { equation: 'jii,ik->jk', shapes: [[2, 3, 3], [3, 2]] },
  { equation: 'ij,jk,kl->il', shapes: [[2, 3], [3, 4], [4, 2]] },
  { equation: 'i,ij,j->', shapes: [[2], [2, 3], [3]] },
  { equation: 'abc,cde,efa->bdf', shapes: [[2, 3, 2], [2, 3, 2], [2, 2, 2]] },
  { equation: 'a,b,c,d->dcba', shapes: [[2], [3], [1], [2]] },
  { equation: 'xi,yi,zi->xyz', shapes: [[2, 3], [2, 3], [2, 3]] },
  { equation: 'Ab,bA->A', shapes: [[2, 3], [3, 2]] },
  { equation: 'ij,jk->ik', shapes: [[1, 1], [1, 1]] },
  { equation: 'ij,jk->ik', shapes: [[2, 0], [0, 3]] },
  { equation: 'ij,jk->ik', shapes: [[0, 2], [2, 3]] },
  { equation: 'ij,jk->ik', shapes: [[7, 13], [13, 11]] },
  { equation: 'abcdefgh,hgfedcba->acegbdfh', shapes: [[2, 1, 1, 2, 1, 3, 1, 2], [2, 1, 3, 1, 2, 1, 1, 2]] },
] // prettier-ignore

test.each(EQUATIONS)('$equation of $shapes is the sum that it stands for', async ({ equation, shapes }) => {
  const expected = bySums(equation, shapes)
  for (const dtype of ['float64', 'float32', 'int32'] as const) {
    const result = einsum(equation, ...shapes.map((shape) => ramp(shape, dtype)))
    expect([result.dtype, result.shape]).toEqual([dtype, expected.shape])
    expect((await valuesOf(result)).map((value) => value + 0)).toEqual(expected.values)
  }
})

test.each(EQUATIONS.filter(({ shapes }) => sizeOf(shapes.flat()) > 0 && sizeOf(shapes[0]!) < 60))(
  'the gradients of $equation of $shapes agree with differences to the second order',
  async ({ equation, shapes }) => {
    expect((await checkGradients((...xs: Tensor[]) => einsum(equation, ...xs), shapes.map((shape) => ramp(shape)), { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  },
)

// torch.einsum of ramps, and its gradients for a ramp
test.each([
  { equation: 'ij,jk', shapes: [[2, 3], [3, 2]], shape: [2, 2], values: [13, -25, 10, -27], gradients: [[29, -17, -8, -17, 10, 4], [1, -1, -6, 13, -2, 5]] },
  { equation: 'ba,ac', shapes: [[2, 3], [3, 2]], shape: [2, 2], values: [13, -25, 10, -27], gradients: [[29, -17, -8, -17, 10, 4], [1, -1, -6, 13, -2, 5]] },
  { equation: 'aB,Bc', shapes: [[2, 3], [3, 2]], shape: [2, 2], values: [13, -25, 10, -27], gradients: [[29, -17, -8, -17, 10, 4], [1, -1, -6, 13, -2, 5]] },
  { equation: '...ij,...jk', shapes: [[2, 1, 2, 3], [2, 3, 2]], shape: [2, 2, 2, 2], values: [13, -25, 10, -27, 5, -33, 8, -29, 7, -29, 4, -31, 11, -25, 14, -21], gradients: [[13, -21, 0, 8, -1, -10, -40, 4, 4, 10, -9, -6], [-5, 29, -5, -6, -5, 14, -1, -33, 13, 23, 5, -9]] },
  { equation: '...i->...', shapes: [[2, 2, 3]], shape: [2, 2], values: [4, 1, -2, -5], gradients: [[-2, -2, -2, 5, 5, 5, 1, 1, 1, -3, -3, -3]] },
  { equation: '...ij->i...j', shapes: [[2, 2, 3]], shape: [2, 2, 3], values: [-2, 5, 1, -4, 3, -1, -3, 4, 0, -5, 2, -2], gradients: [[-2, 5, 1, -4, 3, -1, -3, 4, 0, -5, 2, -2]] },
  { equation: '...i,...i->', shapes: [[2, 2, 3], [2, 3]], shape: [], values: [100], gradients: [[-2, 5, 1, -3, 4, 0, -2, 5, 1, -3, 4, 0], [-6, 8, 0, -8, 6, -2]] },
  { equation: ' b...i, ...ij -> bj... ', shapes: [[2, 2, 3], [2, 3, 2]], shape: [2, 2, 2], values: [13, 8, -25, -29, 7, 14, -29, -21], gradients: [[9, -5, -8, -29, 10, 16, -28, 16, 16, 9, -15, -6], [-12, 14, 2, -7, -6, 5, -15, -6, 20, -6, 0, -6]] },
  { equation: 'ii', shapes: [[3, 3]], shape: [], values: [1], gradients: [[-2, 0, 0, 0, -2, 0, 0, 0, -2]] },
])("$equation of $shapes has PyTorch's values and gradients", async ({ equation, shapes, shape, values, gradients }) => {
  const { output, pullback } = vjp((...xs: Tensor[]) => einsum(equation, ...xs), ...shapes.map((own) => ramp(own)))
  expect(output.shape).toEqual(shape)
  expect(await valuesOf(output)).toEqual(values)
  // a scalar's cotangent is 1 in PyTorch, a ramp begins with -2
  const scale = equation === '...i,...i->' ? -0.5 : 1
  const found = await Promise.all(pullback(ramp(shape)).map(valuesOf))
  expect(found.map((list) => list.map((value) => value * scale + 0))).toEqual(gradients)
}) // prettier-ignore

describe('what it becomes', () => {
  test('attention scores are one contraction, whose operands are not moved', async () => {
    const { program, difference } = await compiled((q, k) => [einsum('bihd,bjhd->bhij', q, k)], [2, 4, 2, 8], [2, 8, 2, 8]) // prettier-ignore
    expect(difference).toBeNull()
    expect(program.dispatches.flatMap(({ kernels }) => kernels).map(({ kind }) => kind)).toEqual(['contraction'])
  })

  test.each([
    { equation: 'ij,jk,k->i', shapes: [[8, 8], [8, 8], [8]], products: [8, 8] },
    { equation: 'i,ij,jk->k', shapes: [[8], [8, 8], [8, 8]], products: [8, 8] },
    {
      equation: 'ij,jk,kl->il',
      shapes: [
        [9, 2],
        [2, 9],
        [9, 2],
      ],
      products: [4, 18],
    },
  ])('in $equation of $shapes the products have $products elements', ({ equation, shapes, products }) => {
    const order = topologicalOrder([einsum(equation, ...shapes.map((shape) => ramp(shape)))])
    const sizes = order.flatMap(({ source, size }) => (source.kind === 'apply' && source.primitive.name === 'matmul' ? [size] : [])) // prettier-ignore
    expect(sizes).toEqual(products)
  })
})

test('NaN stays in the rows that it is in, and diagonals ignore what is off them', async () => {
  const x = tensor([[1, Number.NaN], [2, 3]]) // prettier-ignore
  expect(await valuesOf(einsum('ij,j->i', x, tensor([1, 1])))).toEqual([Number.NaN, 5])
  expect(await valuesOf(einsum('ii->i', x))).toEqual([1, 3])
})

test('dtypes are promoted; bool and uint8 count as int32', async () => {
  const counts = einsum('ij,j->i', tensor([[true, true], [false, true]]), tensor([true, true])) // prettier-ignore
  expect([counts.dtype, await valuesOf(counts)]).toEqual(['int32', [2, 1]])
  expect(einsum('i,i->', tensor([1, 2], { dtype: 'uint8' }), tensor([1, 2], { dtype: 'uint32' })).dtype).toBe('uint32')
  expect(await valuesOf(einsum('i,->i', counted([3]), 2))).toEqual([0, 2, 4])
})

describe('errors name the equation, the label and the shapes', () => {
  const [a, b] = [ramp([2, 3]), ramp([4, 5])]
  test.each([
    { call: () => einsum('ij,jk->ik', a, b), type: ShapeError, text: /label 'j' of 'ij,jk->ik' is 3 and 4 in \[2, 3\] \(operand 0\) and \[4, 5\] \(operand 1\)/ },
    { call: () => einsum('ii->i', a), type: ShapeError, text: /label 'i' of 'ii->i' is 2 and 3/ },
    { call: () => einsum('ijk->i', a), type: ShapeError, text: /operand 0 of 'ijk->i' needs 3 axes \('ijk'\), got \[2, 3\]/ },
    { call: () => einsum('...ijk->i', a), type: ShapeError, text: /needs at least 3 axes/ },
    { call: () => einsum('...i,...j->', a, b), type: ShapeError, text: /axis -1 of the ellipsis .* is 2 and 4/ },
    { call: () => einsum('ij->ik', a), type: ArgumentError, text: /label 'k' of the result of 'ij->ik' is in no operand/ },
    { call: () => einsum('ij->ii', a), type: ArgumentError, text: /label 'i' stands twice in the result/ },
    { call: () => einsum('ij,jk->ik', a), type: ArgumentError, text: /is for 2 operands, got 1: \[2, 3\]/ },
    { call: () => einsum('i1->i', a), type: ArgumentError, text: /'1' in 'i1->i' is no label/ },
    { call: () => einsum('ij->i->j', a), type: ArgumentError, text: /more than one '->'/ },
    { call: () => einsum('...i...', a), type: ArgumentError, text: /more than one ellipsis/ },
    { call: () => einsum('i->i'), type: ArgumentError, text: /no operands/ },
    { call: () => einsum('ij,jk->ik', ramp([2, 1]), ramp([3, 4])), type: ShapeError, text: /label 'j'/ },
  ])('$text', ({ call, type, text }) => {
    expect(call).toThrow(type)
    expect(call).toThrow(text)
  })
}) // prettier-ignore
