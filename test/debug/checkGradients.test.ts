// checkGradients accepts right gradients and finds wrong ones, whatever the inputs' dtype and the default device.

import { describe, expect, test } from 'vitest'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import { compareGradients } from '../../src/debug/compareGradients.ts'
import { evaluateReference } from '../../src/ir/evaluate.ts'
import { definePrimitive } from '../../src/ir/primitive.ts'
import { apply, parameter, type Tensor } from '../../src/ir/tensor.ts'
import { add, greater, mul, stopGradient, where } from '../../src/ops/arithmetic.ts'
import { exp, sin } from '../../src/ops/elementary.ts'
import { sum } from '../../src/ops/reductions.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { neg } from '../../src/primitives/elementwise.ts'
import { tensor } from '../../src/runtime/host.ts'

const x = (): Tensor => tensor([[0.3, -0.7, 1.1], [0.2, 0.9, -0.4]]) // prettier-ignore

describe('checkGradients', () => {
  test('reports how many derivatives it compared, to the order that was asked for', async () => {
    const first = await checkGradients((a: Tensor) => sum(sin(a)), [x()])
    expect(first.checked).toEqual({ first: 6, second: 0 })
    expect(first.worst).toBeLessThan(0.01)
    const second = await checkGradients((a: Tensor) => mul(a, exp(a)), [x()], { order: 2 })
    expect(second.checked).toEqual({ first: 6, second: 24 })
  })

  test('takes trees, several outputs, integers and captured tensors', async () => {
    const scale = tensor([2, 3, 4])
    const fn = ({ w, b }: { w: Tensor; b: Tensor }, steps: Tensor): Tensor[] => [
      matmul(x(), w),
      mul(add(b, steps), scale),
    ]
    const report = await checkGradients(fn, [
      { w: tensor([[1], [2], [3]]), b: tensor([1, 2, 3]) },
      tensor([1, 2, 3], { dtype: 'int32' }),
    ])
    expect(report.checked.first).toBe(12)
  })

  test('names the input, the element and both numbers of a wrong gradient', async () => {
    const wrong = (a: Tensor): Tensor => sum(mul(a, stopGradient(a)))
    await expect(checkGradients(wrong, [x()])).rejects.toThrow(
      /input 0 float64\[2, 3\], element 0: the VJP gives -?0\.\d+, central differences give/,
    )
  })

  test('finds a kink at the point itself', async () => {
    const kink = (a: Tensor): Tensor => sum(where(greater(a, 0), a, 0))
    await expect(checkGradients(kink, [tensor([1, 0, -1])])).rejects.toThrow(/element 1/)
    await expect(checkGradients(kink, [tensor([1, 0.5, -1])])).resolves.toMatchObject({ checked: { first: 3 } })
  })

  test('refuses inputs without a float, and leaves that are no tensors', async () => {
    await expect(checkGradients((a: Tensor) => a, [tensor([1, 2], { dtype: 'int32' })])).rejects.toThrow(
      /none of the inputs is a float/,
    )
    await expect(checkGradients((a: number) => mul(x(), a), [3])).rejects.toThrow(
      /expected tensors as inputs, got number/,
    )
  })
})

describe('compareGradients', () => {
  const leaf = parameter({ shape: [30], dtype: 'float64' }, 'x')
  const bindings = new Map([[leaf, { ...leaf.aval, data: Float64Array.from({ length: 30 }, (_, i) => i / 10 - 1) }]])

  test('checks a large input along a direction, so that no element is left out', () => {
    // its rule drops the cotangent of one element, which is not among those that are checked alone
    const broken = definePrimitive<null>({
      name: 'broken',
      shape: ([a]) => a!,
      reference: ([a]) => a!.data,
      lower: () => ({ kind: 'map', element: ([a]) => a! }),
      vjp: ({ cotangent }) => [apply(dropOne, null, [cotangent], cotangent.aval)],
    })
    const dropOne = definePrimitive<null>({
      name: 'dropOne',
      shape: ([a]) => a!,
      reference: ([a]) => a!.data.map((value, i) => (i === 28 ? 0 : value)),
      lower: () => ({ kind: 'map', element: ([a]) => a! }),
      vjp: () => [null],
    }).primitive
    expect(() => compareGradients({ outputs: [broken([leaf], null)], inputs: [leaf], bindings })).toThrow(/a direction/)
    expect(compareGradients({ outputs: [neg([leaf], null)], inputs: [leaf], bindings }).checked.first).toBe(4)
  })
})

test('evaluateReference refuses a leaf without a value, or with one of another shape', () => {
  const leaf = parameter({ shape: [2], dtype: 'float32' }, 'x')
  expect(() => evaluateReference([neg([leaf], null)], new Map())).toThrow(
    /float32\[2\] of the graph was given no value/,
  )
  const wrong = { shape: [3], dtype: 'float32', data: new Float64Array(3) } as const
  expect(() => evaluateReference([leaf], new Map([[leaf, wrong]]))).toThrow(/float32\[2\] was given float32\[3\]/)
})
