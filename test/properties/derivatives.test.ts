// Laws of derivatives, for random functions in float64: pullbacks are linear, forward and reverse mode are transposes of each other,
// Jacobians agree in both modes, Hessians are symmetric.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hessian, jacobian } from '../../src/autodiff/jacobian.ts'
import { jvp } from '../../src/autodiff/jvp.ts'
import { vjp } from '../../src/autodiff/vjp.ts'
import { isFloating } from '../../src/core/dtype.ts'
import type { ReferenceArray, Tensor } from '../../src/ir/tensor.ts'
import { add, mul, sum, square } from '../../src/ops/index.ts'
import { printProgram } from '../fuzz/program.ts'
import {
  bind,
  type Bound,
  differenceIn,
  innerProduct,
  type RandomFunction,
  randomFunction,
  valuesOf,
} from './functions.ts'

const RUNS = 60

/** A random function of float tensors alone, with float outputs. */
interface Smooth {
  readonly whole: RandomFunction
  readonly bound: Bound
  readonly floats: readonly Tensor[]
  readonly call: (...floats: Tensor[]) => Tensor[]
}

function smooth(seed: number, operations: number): Smooth | null {
  const whole = randomFunction(`derivatives/${seed}`, { operations })
  const bound = bind(whole.inputs, `derivatives ${seed}`)
  const isFloat = bound.tensors.map(({ dtype }) => isFloating(dtype))
  const call = (...floats: Tensor[]): Tensor[] => {
    const left = [...floats]
    return whole.call(...bound.tensors.map((tensor, i) => (isFloat[i] ? left.shift()! : tensor))).filter(({ dtype }) => isFloating(dtype)) // prettier-ignore
  }
  const floats = bound.tensors.filter((_, i) => isFloat[i])
  return floats.length === 0 || call(...floats).length === 0 ? null : { whole, bound, floats, call }
}

/** Parameters like some tensors, with values of their own. */
function like({ bound }: Smooth, tensors: readonly Tensor[], text: string): Tensor[] {
  const made = bind(tensors.map(({ aval }) => ({ kind: 'input', aval, range: { kind: 'real' } })), text) // prettier-ignore
  made.bindings.forEach((value, tensor) => bound.bindings.set(tensor, value))
  return [...made.tensors]
}

const check = (operations: number, property: (smooth: Smooth) => void): void => {
  let checked = 0
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const one = smooth(seed, operations)
      if (one === null) return
      checked++
      try {
        property(one)
      } catch (error) {
        throw new Error(
          `${error instanceof Error ? error.message : String(error)}\n${printProgram(one.whole.program)}`,
          { cause: error },
        )
      }
    }),
    { numRuns: RUNS, seed: 20240607, endOnFailure: true },
  )
  expect(checked).toBeGreaterThan(RUNS / 2)
}

const total = (pairs: readonly (readonly [ReferenceArray, ReferenceArray])[]): number =>
  pairs.reduce((all, [a, b]) => all + innerProduct(a, b), 0)

test('a pullback is linear in the cotangent', () => {
  check(15, (one) => {
    const { output, pullback } = vjp(one.call, ...one.floats)
    const [u, v] = [like(one, output, 'u'), like(one, output, 'v')]
    const mixed = u.map((tensor, i) => add(mul(tensor, 3), v[i]!))
    const [ofU, ofV, ofBoth] = [pullback(u), pullback(v), pullback(mixed)]
    const expected = ofU.map((tensor, i) => add(mul(tensor, 3), ofV[i]!))
    const values = valuesOf([...ofBoth, ...expected], one.bound)
    for (const i of ofBoth.keys()) expect(differenceIn(values[i]!, values[ofBoth.length + i]!)).toBeNull()
  })
})

test('forward mode is the transpose of reverse mode: <J v, u> = <v, Jᵀ u>', () => {
  check(15, (one) => {
    const v = like(one, one.floats, 'v')
    const { output, tangent } = jvp(one.call, [...one.floats], v)
    const u = like(one, output, 'u')
    const cotangents = vjp(one.call, ...one.floats).pullback(u)
    const evaluate = (list: readonly Tensor[]): ReferenceArray[] => valuesOf(list, one.bound)
    const [Jv, us, vs, JTu] = [evaluate(tangent), evaluate(u), evaluate(v), evaluate(cotangents)]
    const forward = total(Jv.map((value, i) => [value, us[i]!]))
    const reverse = total(vs.map((value, i) => [value, JTu[i]!]))
    const size = Math.max(1, Math.abs(forward), ...JTu.flatMap(({ data }) => [...data].map(Math.abs)))
    expect(Math.abs(forward - reverse)).toBeLessThan(1e-9 * size)
  })
})

const SMALL = 40

test('Jacobians of both modes are equal', () => {
  let compared = 0
  check(8, (one) => {
    const outputs = one.call(...one.floats)
    const [i, output] = [...outputs.entries()].find(([, { size }]) => size <= SMALL) ?? []
    const [first] = one.floats
    if (output === undefined || first!.size > SMALL) return
    compared++
    const fn = (x: Tensor): Tensor => one.call(x, ...one.floats.slice(1))[i!]!
    const reverse = jacobian(fn, { mode: 'reverse' })(first!)
    const forward = jacobian(fn, { mode: 'forward' })(first!)
    const [a, b] = valuesOf([reverse, forward], one.bound)
    expect(a!.shape).toEqual([...output.shape, ...first!.shape])
    expect(differenceIn(a!, b!)).toBeNull()
  })
  expect(compared).toBeGreaterThan(RUNS / 4)
})

test('Hessians are symmetric', () => {
  let compared = 0
  check(6, (one) => {
    const [first] = one.floats
    if (first!.size > 12) return
    const fn = (x: Tensor): Tensor => one.call(x, ...one.floats.slice(1)).map((output) => sum(square(output))).reduce((a, b) => add(a, b)) // prettier-ignore
    const [matrix] = valuesOf([hessian(fn)(first!)], one.bound)
    const { size } = first!
    compared++
    const transposed = Float64Array.from(
      matrix!.data,
      (_, i) => matrix!.data[(i % size) * size + Math.floor(i / size)]!,
    )
    expect(matrix!.shape).toEqual([...first!.shape, ...first!.shape])
    expect(differenceIn(matrix!, { ...matrix!, data: transposed })).toBeNull()
  })
  expect(compared).toBeGreaterThan(RUNS / 8)
})
