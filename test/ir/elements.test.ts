// Lowerings against references, element by element and without a compiler: chains of random views compose to the same elements,
// and the lowering of every sample means what its reference says and never reads outside an operand.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Shape } from '../../src/core/shape.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { elementsOf } from '../../src/ir/elements.ts'
import { unravel } from '../../src/ir/indexMap.ts'
import { type Loadable, variable } from '../../src/ir/scalar.ts'
import { loadsOf } from '../../src/ir/substitute.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type ReferenceArray, type Tensor } from '../../src/ir/tensor.ts'
import { broadcast } from '../../src/primitives/broadcast.ts'
import { flip, pad, reshape, slice, transpose } from '../../src/primitives/structural.ts'
import { simplify } from '../../src/compiler/simplify.ts'
import { differenceOf, FLOAT64 } from '../conformance/compare.ts'
import { evaluateReference, toReference } from '../conformance/reference.ts'
import { ALL_CASES } from '../conformance/samples.ts'
import { evaluateScalar } from './evaluateScalar.ts'

/** The values of a tensor by its element expression, in which nothing but leaves is stored. */
function byElements(tensor: Tensor, bindings: ReadonlyMap<Tensor, ReferenceArray>): ReferenceArray {
  const byId = new Map([...bindings].map(([leaf, value]) => [leaf.id, value.data]))
  const data = (source: Loadable): Float64Array => byId.get(source.id)!
  const flat = variable('i', tensor.size)
  const element = elementsOf({ has: () => false }).at(tensor, unravel(flat, tensor.shape))
  const values = Float64Array.from({ length: tensor.size }, (_, i) =>
    evaluateScalar(element, { variables: { i }, data }),
  )
  return { ...tensor.aval, data: values }
}

/** One random view of a tensor of the given shape: a function of choices in [0, 1). */
type View = (x: Tensor, choose: () => number) => Tensor

const below = (choose: () => number, limit: number): number => Math.floor(choose() * limit)

const VIEWS: readonly View[] = [
  (x, choose) => {
    const permutation = x.shape.map((_, axis) => axis).sort(() => choose() - 0.5)
    return transpose([x], { permutation })
  },
  (x, choose) => {
    const start = x.shape.map((extent) => below(choose, extent))
    const limit = x.shape.map((extent, axis) => start[axis]! + 1 + below(choose, extent - start[axis]!))
    return slice([x], { start, limit, step: x.shape.map(() => 1 + below(choose, 3)) })
  },
  (x, choose) => {
    const low = x.shape.map((extent) => below(choose, 3) - (extent > 2 ? 1 : 0))
    const high = x.shape.map(() => below(choose, 3))
    return sizeOf(x.shape) > 60 ? x : pad([x], { low, high, interior: x.shape.map(() => below(choose, 2)), value: 5 })
  },
  (x, choose) => reshape([x], { shape: regroup(x.shape, choose) }),
  (x, choose) => flip([x], { axes: x.shape.map((_, axis) => axis).filter(() => choose() < 0.5) }),
  (x, choose) => {
    if (x.rank > 3 || x.size > 60) return x
    const at = below(choose, x.rank + 1)
    const shape = [...x.shape.slice(0, at), 1 + below(choose, 3), ...x.shape.slice(at)]
    return broadcast([x], { shape, axes: x.shape.map((_, axis) => (axis < at ? axis : axis + 1)) })
  },
]

/** A random shape of the same size. */
function regroup(shape: Shape, choose: () => number): number[] {
  const result: number[] = []
  for (let rest = sizeOf(shape); rest > 1;) {
    const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter((k) => k > 1 && rest % k === 0)
    const extent = divisors[below(choose, divisors.length)]!
    result.push(extent)
    rest /= extent
  }
  return result.length === 0 ? [1] : result
}

const chains = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  views: fc.array(fc.constantFrom(...VIEWS), { minLength: 1, maxLength: 5 }),
  choices: fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
})

describe('a chain of views', () => {
  test('reads the elements that the references give, simplified or not', () => {
    fc.assert(
      fc.property(chains, ({ shape, views, choices }) => {
        const choose = (): number => choices.next().value
        const x = parameter({ shape, dtype: 'int32' }, 'x')
        const result = views.reduce<Tensor>((tensor, view) => view(tensor, choose), x)
        const bindings = new Map([[x, { ...x.aval, data: Float64Array.from({ length: x.size }, (_, i) => i + 100) }]])
        const [expected] = evaluateReference([result], bindings)
        expect(byElements(result, bindings)).toEqual(expected)
        const [simple] = simplify(graphOf([x], [result])).outputs
        expect(byElements(simple!, bindings)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('is one load, however long it is', () => {
    const x = parameter({ shape: [4, 6], dtype: 'float32' }, 'x')
    const chain = flip(
      [
        slice([reshape([transpose([x], { permutation: [1, 0] })], { shape: [3, 8] })], {
          start: [0, 1],
          limit: [3, 8],
          step: [1, 2],
        }),
      ],
      { axes: [1] },
    )
    const element = elementsOf({ has: () => false }).at(chain, unravel(variable('i', chain.size), chain.shape))
    expect(loadsOf([element])).toHaveLength(1)
  })

  test('there and back is the tensor itself, read at its own index', () => {
    const x = parameter({ shape: [4, 6], dtype: 'float32' }, 'x')
    const turned = transpose([transpose([x], { permutation: [1, 0] })], { permutation: [1, 0] })
    const back = reshape([reshape([turned], { shape: [2, 12] })], { shape: [4, 6] })
    const i = variable('i', back.size)
    const element = elementsOf({ has: () => false }).at(back, unravel(i, back.shape))
    expect(element).toMatchObject({ op: 'load', index: i })
  })
})

describe('the lowering of every small sample agrees with its reference and stays inside its operands', () => {
  const small = ALL_CASES.filter((one) => {
    const { outputs, parameters } = one.graph()
    return [...outputs, ...parameters].every((tensor) => tensor.size <= 200)
  })
  test.each(small.map((one) => [`${one.primitiveName}: ${one.name}`, one] as const))('%s', (_, one) => {
    const { outputs, parameters } = one.graph()
    const values = one.values().map(toReference)
    const bindings = new Map(parameters.map((leaf, i) => [leaf, values[i]!]))
    const [expected] = evaluateReference(outputs, bindings)
    const computed = byElements(outputs[0]!, bindings)
    const difference = differenceOf({ ...computed, shape: computed.shape }, expected!, { ...FLOAT64, relative: 1e-7 })
    expect(difference, difference ?? '').toBeNull()
  })
})
