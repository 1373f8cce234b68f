// Batching: a graph over single examples becomes one over a leading batch axis. The rule of every primitive follows from the
// kind of its lowering: coordinates get one more, which only the batched operands see.

import { formatAval, sameAval } from '../core/aval.ts'
import type { Aval } from '../core/aval.ts'
import { WgradError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { graphOf, topologicalOrder } from '../ir/graph.ts'
import type { Lowering, MapLowering, Read } from '../ir/lowering.ts'
import { argument, type Scalar, variable } from '../ir/scalar.ts'
import { dependsOn } from '../ir/substitute.ts'
import {
  type Application,
  apply,
  parameter,
  type Primitive,
  rebuild,
  type RegionLowering,
  type Tensor,
} from '../ir/tensor.ts'
import { broadcast, sum } from '../primitives/broadcast.ts'

/** What stands for a tensor of the single-example graph: a tensor with a leading batch axis, or one that all examples share. */
export interface Batched {
  readonly tensor: Tensor
  readonly batched: boolean
}

/** `tensor` repeated along a new leading axis. */
export function repeat(tensor: Tensor, size: number): Tensor {
  return broadcast([tensor], { shape: [size, ...tensor.shape], axes: tensor.shape.map((_, axis) => axis + 1) })
}

/** What `outputs` become when the tensors in `given` are replaced. */
export function batchOutputs(
  outputs: readonly Tensor[],
  given: ReadonlyMap<Tensor, Batched>,
  size: number,
): readonly Batched[] {
  const made = new Map(given)
  for (const tensor of topologicalOrder(outputs)) {
    if (made.has(tensor)) continue
    const { source } = tensor
    if (source.kind !== 'apply') {
      made.set(tensor, { tensor, batched: false })
      continue
    }
    const inputs = source.inputs.map((input) => made.get(input)!)
    if (inputs.some((input) => input.batched)) {
      const batch = rebuild(source, () => batchApplication(source, tensor.aval, inputs, size))
      made.set(tensor, { tensor: batch, batched: true })
    } else {
      const same = inputs.every((input, i) => input.tensor === source.inputs[i])
      const operands = inputs.map((input) => input.tensor)
      const replaced = same
        ? tensor
        : rebuild(source, () => apply(source.primitive, source.params, operands, tensor.aval))
      made.set(tensor, { tensor: replaced, batched: false })
    }
  }
  return outputs.map((output) => made.get(output)!)
}

function batchApplication(source: Application, aval: Aval, inputs: readonly Batched[], size: number): Tensor {
  const { primitive, params } = source
  const avals = source.inputs.map((input) => input.aval)
  const expected = { shape: [size, ...aval.shape], dtype: aval.dtype }
  const lowering = primitive.lower(avals, params, aval)
  if (lowering.kind === 'map') {
    const all = inputs.map(({ tensor, batched }) => (batched ? tensor : repeat(tensor, size)))
    if (takesAnyShape(primitive, params, lowering, all, expected)) return apply(primitive, params, all, expected)
    const lifted = batchedPrimitive(primitive, source, aval, all.map(() => true), size) // prettier-ignore
    return apply(lifted, paramsOf(source, all.map(() => true), size), all, expected) // prettier-ignore
  }
  const flags = inputs.map(({ batched }) => batched)
  return apply(batchedPrimitive(primitive, source, aval, flags, size), paramsOf(source, flags, size), inputs.map(({ tensor }) => tensor), expected) // prettier-ignore
}

/** Whether an elementwise primitive is the same function on arrays with one more axis: it looks at no coordinates. */
function takesAnyShape(
  primitive: Primitive,
  params: Application['params'],
  lowering: MapLowering,
  inputs: readonly Tensor[],
  expected: Aval,
): boolean {
  // prettier-ignore
  const probes = expected.shape.slice(1).map((extent, axis) => variable(`probe${axis}`, extent))
  const element = lowering.element(inputs.map((input) => argument(input)), probes) // prettier-ignore
  if (probes.some((probe) => dependsOn(element, probe))) return false
  try {
    return sameAval(primitive.shape(inputs.map((input) => input.aval), params), expected) // prettier-ignore
  } catch (error) {
    if (error instanceof WgradError) return false
    throw error
  }
}

/** Equal parameters mean equal functions, as for every primitive. */
function paramsOf(source: Application, flags: readonly boolean[], size: number): Application['params'] {
  return { inner: source.params, avals: source.inputs.map((input) => formatAval(input.aval)), batched: flags, size }
}

/** The primitive that applies `inner` to every example; `flags` says which operands have the batch axis. */
function batchedPrimitive(
  inner: Primitive,
  source: Application,
  aval: Aval,
  flags: readonly boolean[],
  size: number,
): Primitive {
  // prettier-ignore
  const { params } = source
  const avals = source.inputs.map((input) => input.aval)
  return {
    name: `vmap ${inner.name}`,
    differentiable: inner.differentiable,
    shape: () => ({ shape: [size, ...aval.shape], dtype: aval.dtype }),
    reference: (inputs, _, output) => {
      const length = sizeOf(aval.shape)
      const data = new Float64Array(size * length)
      for (let b = 0; b < size; b++) {
        const own = inputs.map((input, i) => {
          const count = sizeOf(avals[i]!.shape)
          return flags[i] ? { ...avals[i]!, data: input.data.slice(b * count, (b + 1) * count) } : input
        })
        data.set(inner.reference(own, params, aval).data, b * length)
      }
      return { ...output, data }
    },
    lower: () => liftLowering(inner.lower(avals, params, aval), flags, size, avals),
    vjp: (context) => {
      // the rule of one example, as a graph over parameters, batched in its turn
      const inputs = avals.map((one, i) => parameter(one, `input ${i}`))
      const output = parameter(aval, 'output')
      const cotangent = parameter(aval, 'cotangent')
      const results = inner.vjp({ inputs, output, params, cotangent, needs: context.needs })
      const given = new Map<Tensor, Batched>([
        [output, { tensor: context.output, batched: true }],
        [cotangent, { tensor: context.cotangent, batched: true }],
        ...inputs.map((input, i): [Tensor, Batched] => [input, { tensor: context.inputs[i]!, batched: flags[i]! }]),
      ])
      return results.map((result, i) => {
        if (result === null) return null
        const [made] = batchOutputs([result], given, size)
        if (flags[i]) return made!.batched ? made!.tensor : repeat(made!.tensor, size)
        return sum([made!.batched ? made!.tensor : repeat(made!.tensor, size)], { axes: [0] })
      })
    },
    rewrite: () => null,
  }
}

function liftLowering(
  lowering: Lowering | RegionLowering,
  flags: readonly boolean[],
  size: number,
  avals: readonly Aval[],
): Lowering | RegionLowering {
  // prettier-ignore
  const at = (b: Scalar, read: Read): Read => (operand, coordinates) =>
    read(operand, flags[operand] ? [b, ...coordinates] : coordinates)
  switch (lowering.kind) {
    case 'map':
      return { kind: 'map', element: (operands, [, ...rest]) => lowering.element(operands, rest) }
    case 'view':
      return { kind: 'view', element: ([b, ...rest], read) => lowering.element(rest, at(b!, read)) }
    case 'reduce':
      return { ...lowering, element: ([b, ...rest], inner, read) => lowering.element(rest, inner, at(b!, read)) }
    case 'contraction': {
      // examples that share the right operand are rows of one product
      if (lowering.batch.length === 0 && !readsBatched(lowering, flags, avals)) {
        return {
          ...lowering,
          m: [size, ...lowering.m],
          lhs: (batch, [b, ...m], k, read) => lowering.lhs(batch, m, k, at(b!, read)),
        }
      }
      return {
        ...lowering,
        batch: [size, ...lowering.batch],
        lhs: ([b, ...batch], m, k, read) => lowering.lhs(batch, m, k, at(b!, read)),
        rhs: ([b, ...batch], k, n, read) => lowering.rhs(batch, k, n, at(b!, read)),
      }
    }
    case 'region': {
      const { body } = lowering
      const parameters = avals.map((aval, i) => parameter(flags[i] ? { ...aval, shape: [size, ...aval.shape] } : aval, `operand ${i}`)) // prettier-ignore
      const given = new Map(body.parameters.map((own, i): [Tensor, Batched] => [own, { tensor: parameters[i]!, batched: flags[i]! }])) // prettier-ignore
      const [made] = batchOutputs([body.outputs[lowering.output]!], given, size)
      const output = made!.batched ? made!.tensor : repeat(made!.tensor, size)
      return { kind: 'region', body: graphOf(parameters, [output]), output: 0 }
    }
  }
}

/** Whether the right operand of a contraction reads an operand that has the batch axis. */
function readsBatched(
  lowering: Extract<Lowering, { kind: 'contraction' }>,
  flags: readonly boolean[],
  avals: readonly Aval[],
): boolean {
  // prettier-ignore
  let found = false
  const probe = (name: string, extents: readonly number[]): Scalar[] => extents.map((extent, axis) => variable(`${name}${axis}`, extent)) // prettier-ignore
  lowering.rhs(probe('b', lowering.batch), probe('k', lowering.k), probe('n', lowering.n), (operand) => {
    if (flags[operand]) found = true
    return argument({ id: 0, aval: avals[operand]! })
  })
  return found
}
