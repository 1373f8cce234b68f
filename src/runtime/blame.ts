// The first operation that made NaN or an infinity: a graph is evaluated one node at a time on the CPU, each value rounded to its
// dtype, and the values that are not finite are followed back from the outputs.

import type { Place } from '../backend/backend.ts'
import { createCpuBackend } from '../backend/cpu/cpu.ts'
import { deviceBytes } from '../compiler/memory.ts'
import type { HostArray } from '../core/hostArray.ts'
import { topologicalOrder } from '../ir/graph.ts'
import { type Application, apply, parameter, type Tensor } from '../ir/tensor.ts'
import { deviceOf, type RuntimeDevice } from './device.ts'
import { build, placementsOf, runOnce } from './execute.ts'
import { originOf } from './origins.ts'

/** Which values an array has besides finite ones. */
export interface Finiteness {
  readonly nans: number
  readonly infinities: number
  /** The flat index of the first NaN if there is one, else of the first infinity; -1 without either. */
  readonly first: number
}

/** What made an output NaN or infinite. */
export type Blame =
  /** This operation: the value is new in it. */
  | {
      readonly kind: 'operation'
      readonly application: Application
      readonly output: HostArray
      readonly inputs: readonly HostArray[]
      /** The inputs as nodes of the graph, to name those that are its leaves. */
      readonly nodes: readonly Tensor[]
      /** Names of the regions (custom derivatives) around it, outermost first. */
      readonly within: readonly string[]
    }
  /** A leaf holds NaN already. */
  | { readonly kind: 'leaf'; readonly leaf: Tensor; readonly value: HostArray }
  /** Nothing turned: infinities were given and were only passed on. */
  | { readonly kind: 'given' }
  /** The values are finite when the operations run one by one. */
  | { readonly kind: 'finite' }

/** Counts what is not finite; integers always are. */
export function finitenessOf({ dtype, data }: HostArray): Finiteness {
  let nans = 0
  let infinities = 0
  let [firstNan, firstInfinity] = [-1, -1]
  const floating = dtype === 'float32' || dtype === 'float64'
  for (let i = 0; i < data.length && (floating || dtype === 'float16'); i++) {
    const value = floating ? data[i]! : float16Class(data[i]!)
    if (Number.isFinite(value)) continue
    if (Number.isNaN(value)) {
      nans++
      if (firstNan < 0) firstNan = i
    } else {
      infinities++
      if (firstInfinity < 0) firstInfinity = i
    }
  }
  return { nans, infinities, first: firstNan >= 0 ? firstNan : firstInfinity }
}

/** 0, an infinity or NaN, by the bits of a float16. */
function float16Class(bits: number): number {
  if ((bits & 0x7c00) !== 0x7c00) return 0
  return (bits & 0x3ff) !== 0 ? Number.NaN : Infinity
}

const isFiniteArray = (array: HostArray): boolean => finitenessOf(array).first < 0

/** Finds what made `outputs` NaN or infinite. `leaves` has a value for every leaf that they reach. */
export async function blame(outputs: readonly Tensor[], leaves: ReadonlyMap<Tensor, HostArray>): Promise<Blame> {
  const device = deviceOf(createCpuBackend({ threads: 1 }))
  try {
    return await blameOn(device, outputs, leaves, [])
  } finally {
    await device.dispose()
  }
}

async function blameOn(
  device: RuntimeDevice,
  outputs: readonly Tensor[],
  leaves: ReadonlyMap<Tensor, HostArray>,
  within: readonly string[],
): Promise<Blame> {
  const values = new Map(leaves)
  for (const tensor of topologicalOrder(outputs)) {
    const { source } = tensor
    if (source.kind !== 'apply' || values.has(tensor)) continue
    values.set(tensor, await evaluateNode(device, tensor, source, source.inputs.map((input) => values.get(input)!))) // prettier-ignore
  }
  const suspects = notFiniteAncestors(outputs, values)
  if (suspects.length === 0) return { kind: 'finite' }

  const guilty = suspects.flatMap((tensor) => {
    const { source } = tensor
    return source.kind === 'apply' && turns(source, values.get(tensor)!, values) ? [source] : []
  })
  const sequence = (application: Application): number => originOf(application)?.sequence ?? -1
  const [first] = guilty.toSorted((a, b) => sequence(a) - sequence(b))
  if (first !== undefined) {
    const tensor = suspects.find((suspect) => suspect.source === first)!
    const inputs = first.inputs.map((input) => values.get(input)!)
    const inner = await blameInside(device, first, tensor, inputs, within)
    return (
      inner ?? {
        kind: 'operation',
        application: first,
        output: values.get(tensor)!,
        inputs,
        nodes: first.inputs,
        within,
      }
    )
  }
  const leaf = suspects.find((tensor) => isGiven(tensor) && finitenessOf(values.get(tensor)!).nans > 0)
  return leaf === undefined ? { kind: 'given' } : { kind: 'leaf', leaf, value: values.get(leaf)! }
}

/** The tensors that are not finite and from which an output has it, each after its inputs. */
function notFiniteAncestors(outputs: readonly Tensor[], values: ReadonlyMap<Tensor, HostArray>): Tensor[] {
  const found = new Set<Tensor>()
  const stack = [...outputs]
  while (stack.length > 0) {
    const tensor = stack.pop()!
    if (found.has(tensor) || isFiniteArray(values.get(tensor)!)) continue
    found.add(tensor)
    if (tensor.source.kind === 'apply') stack.push(...tensor.source.inputs)
  }
  return topologicalOrder(outputs).filter((tensor) => found.has(tensor))
}

/** A leaf, or a constant. */
const isGiven = ({ source }: Tensor): boolean => source.kind !== 'apply' || source.inputs.length === 0

/** Whether NaN, or an infinity, is new in this value. Constants are what their author wrote: they turn into nothing. */
function turns(source: Application, value: HostArray, values: ReadonlyMap<Tensor, HostArray>): boolean {
  if (source.inputs.length === 0) return false
  const inputs = source.inputs.map((input) => finitenessOf(values.get(input)!))
  if (finitenessOf(value).nans > 0) return inputs.every(({ nans }) => nans === 0)
  return inputs.every(({ first }) => first < 0)
}

/** Of a region, what inside it is to blame. */
async function blameInside(
  device: RuntimeDevice,
  application: Application,
  tensor: Tensor,
  inputs: readonly HostArray[],
  within: readonly string[],
): Promise<Blame | null> {
  const { primitive, params } = application
  const avals = application.inputs.map((input) => input.aval)
  const lowering = primitive.lower(avals, params, tensor.aval)
  if (lowering.kind !== 'region') return null
  const leaves = new Map(lowering.body.parameters.map((own, i) => [own, inputs[i]!]))
  const inner = await blameOn(device, [lowering.body.outputs[lowering.output]!], leaves, [...within, primitive.name])
  return inner.kind === 'operation' ? inner : null
}

/** One operation, compiled and run by itself. */
async function evaluateNode(
  device: RuntimeDevice,
  tensor: Tensor,
  source: Application,
  inputs: readonly HostArray[],
): Promise<HostArray> {
  const { backend } = device
  const parameters = inputs.map((input, i) => parameter(input, `input ${i}`))
  const output = apply(source.primitive, source.params, parameters, tensor.aval)
  const places = inputs.map((input): Place => {
    const place = { buffer: backend.allocate(deviceBytes(input)), offset: 0 }
    backend.write(place, input, input.data)
    return place
  })
  const graph = { parameters, captures: [], outputs: [output] }
  const executable = await build(device, graph, placementsOf(places), { donations: [null], ring: [false] })
  const [made] = runOnce(device, executable, places, [])
  const data = await backend.read(made!, tensor.aval)
  for (const { buffer } of [...places, made!]) backend.free(buffer)
  return { ...tensor.aval, data }
}
