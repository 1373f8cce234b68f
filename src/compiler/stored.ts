// Which tensors are stored: Graph -> the set of computed tensors that get memory. Reductions, contractions and outputs are;
// maps are where recomputing them would cost more than a store and loads. Views are only if they are outputs or
// look positions up.

import { isArgument, topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { loweringOf } from '../ir/elements.ts'
import { argument, type BinaryFn, hashOf, type UnaryFn, variable } from '../ir/scalar.ts'
import { sizeOf } from '../core/shape.ts'
import type { Lowering } from '../ir/lowering.ts'
import { visitScalars } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'

/** Who reads a tensor through inlined ones, and how often each of its elements would be evaluated for them. */
interface Readers {
  readonly kernels: Set<Tensor>
  evaluations: number
  /** Whether a reduction or contraction reads its elements over and over. */
  repeated: boolean
  /** Whether those are products of matrices, each element once per row or column of the other one. */
  plain: boolean
}

const noReaders = (): Readers => ({ kernels: new Set(), evaluations: 0, repeated: false, plain: true })

const COSTLY: ReadonlySet<UnaryFn | BinaryFn> = new Set<UnaryFn | BinaryFn>([
  'exp',
  'log',
  'sin',
  'cos',
  'tanh',
  'pow',
  'sqrt',
])
const COSTLY_WEIGHT = 8
const LOOKUP_COST = 2
/** Up to this cost, a conversion of bytes is computed anew by every product that reads it. */
const BYTE_COST = 4
/** Above this cost, a map that is needed twice is stored rather than computed twice. */
const SHARED_COST = 8
/** From this many evaluations of each element inside a reduction on, every map is stored. */
const MANY = 8
/** The most elements that an expression may load of one tensor before inlined tensors are stored to shorten it. */
const MAX_COPIES = 8

/** The arithmetic of one element of a map, its operands given; a view costs the positions that it looks up. */
function ownCost(tensor: Tensor, lowering: Lowering): number {
  if (tensor.source.kind !== 'apply') return 0
  if (lowering.kind === 'view') return looksUpEach(tensor, tensor.source.inputs, lowering) ? LOOKUP_COST : 0
  if (lowering.kind !== 'map') return 0
  const coordinates = tensor.shape.map((extent, axis) => variable(`c${axis}`, extent))
  let cost = 0
  visitScalars([lowering.element(tensor.source.inputs.map(argument), coordinates)], (node) => {
    if ((node.op === 'unary' || node.op === 'binary') && node.dtype !== 'bool')
      cost += COSTLY.has(node.fn) ? COSTLY_WEIGHT : 1
    if (node.op === 'cast' || node.op === 'select') cost++
  })
  return cost
}

/** Whether a view looks up a position of its own for every few of its elements, as max pooling does; a gather of rows does not, nor a slice from an argument on. */
function looksUpEach(
  tensor: Tensor,
  inputs: readonly Tensor[],
  lowering: Extract<Lowering, { kind: 'view' }>,
): boolean {
  const coordinates = tensor.shape.map((extent, axis) => variable(`c${axis}`, extent))
  let positions = 0
  lowering.element(coordinates, (operand, at) => {
    visitScalars(at, (node) => {
      const looked = node.op === 'argument' ? inputs.find(({ id }) => id === node.source.id) : undefined
      if (looked !== undefined && !isArgument(looked)) positions = Math.max(positions, looked.size)
    })
    return argument(inputs[operand]!)
  })
  return positions * MANY > tensor.size
}

/** The computed tensors that are stored, outputs and `forced` ones included; `bytes` as in FuseOptions. */
export function chooseStored(graph: Graph, forced: ReadonlySet<Tensor>, bytes = 0): Set<Tensor> {
  const order = topologicalOrder(graph.outputs)
  const stored = new Set<Tensor>([...graph.outputs, ...forced].filter((output) => output.source.kind === 'apply'))
  const lowerings = new Map<Tensor, Lowering>()
  const costs = new Map<Tensor, number>()
  const paths = new Map<Tensor, Paths>()
  for (const tensor of order) {
    if (tensor.source.kind !== 'apply') continue
    const lowering = loweringOf(tensor)
    lowerings.set(tensor, lowering)
    if (lowering.kind === 'reduce' || lowering.kind === 'contraction') stored.add(tensor)
    costs.set(tensor, ownCost(tensor, lowering))
    limitCopies(tensor, lowering, stored, paths)
  }

  const readers = new Map<Tensor, Readers>()
  for (const tensor of [...order].reverse()) {
    const source = tensor.source
    if (source.kind !== 'apply') continue
    const lowering = lowerings.get(tensor)!
    const own = readers.get(tensor) ?? noReaders()
    if (
      !stored.has(tensor) &&
      mayStore(lowering, costs.get(tensor)!) &&
      worthStoring(tensor, own, stored, costs, bytes)
    )
      stored.add(tensor)
    const isStored = stored.has(tensor)
    for (const input of new Set(source.inputs)) {
      const entry = readers.get(input) ?? noReaders()
      const times = (isStored ? 1 : own.evaluations) * readsPerElement(tensor, lowering, input)
      if (isStored) entry.kernels.add(tensor)
      else own.kernels.forEach((kernel) => entry.kernels.add(kernel))
      entry.evaluations += times
      if (
        lowering.kind === 'contraction' ||
        (lowering.kind === 'reduce' && times >= MANY) ||
        (!isStored && own.repeated)
      )
        entry.repeated = true
      entry.plain &&= isPlain(tensor, lowering, input) && (isStored || own.plain)
      readers.set(input, entry)
    }
  }
  return stored
}

/** Views are read in place, unless they look positions up. */
const mayStore = (lowering: Lowering, cost: number): boolean =>
  lowering.kind === 'map' || (lowering.kind === 'view' && cost > 0)

/** How often a tensor evaluates each element of an input, on average. */
function readsPerElement(tensor: Tensor, lowering: Lowering, input: Tensor): number {
  if (lowering.kind === 'map') return 1
  const domain = lowering.kind === 'reduce' ? tensor.size * sizeOf(lowering.extents) : tensor.size
  return Math.max(1, domain / Math.max(1, input.size))
}

/** Whether a tensor reads its input as a map or view, or as a matrix of a product. */
function isPlain(tensor: Tensor, lowering: Lowering, input: Tensor): boolean {
  if (lowering.kind === 'reduce') return false
  if (lowering.kind !== 'contraction') return true
  const each = (tensor.size * sizeOf(lowering.k)) / Math.max(1, input.size)
  return each === sizeOf(lowering.m) || each === sizeOf(lowering.n)
}

/** By which chains of views an expression reaches each tensor that it loads, as hashes: one load each. */
type Paths = ReadonlyMap<Tensor, readonly number[]>

const DIRECT: readonly number[] = [0]

/** The paths of an inlined tensor, of those of its inputs. */
function pathsOf(
  tensor: Tensor,
  inputs: readonly Tensor[],
  isView: boolean,
  stored: ReadonlySet<Tensor>,
  paths: ReadonlyMap<Tensor, Paths>,
): Paths {
  // prettier-ignore
  const of = (input: Tensor): Paths => (stored.has(input) ? undefined : paths.get(input)) ?? new Map([[input, DIRECT]])
  if (!isView && inputs.length === 1) return of(inputs[0]!)
  const found = new Map<Tensor, number[]>()
  inputs.forEach((input, operand) => {
    for (const [from, chains] of of(input)) {
      const own = found.get(from) ?? []
      if (own.length === 0) found.set(from, own)
      for (const chain of chains) {
        const extended = isView ? hashOf(tensor.id, operand, chain) : chain
        if (own.length <= MAX_COPIES && !own.includes(extended)) own.push(extended)
      }
    }
  })
  return found
}

/**
 * Stores inlined tensors where reading them at many coordinates would copy long expressions: in a chain whose every level reads the one
 * before at two coordinates, expressions would double with every level.
 */
function limitCopies(tensor: Tensor, lowering: Lowering, stored: Set<Tensor>, paths: Map<Tensor, Paths>): void {
  const { source } = tensor
  if (source.kind !== 'apply' || stored.has(tensor)) return
  const isView = lowering.kind === 'view'
  const own = pathsOf(tensor, source.inputs, isView, stored, paths)
  const long = [...own.values()].some((chains) => chains.length > MAX_COPIES)
  if (long) source.inputs.map((input) => behindViews(input, stored)).forEach((base) => base !== null && stored.add(base)) // prettier-ignore
  paths.set(tensor, long ? pathsOf(tensor, source.inputs, isView, stored, paths) : own)
}

/** The map that a chain of inlined views reads, or null if it is stored, a leaf or a literal. */
function behindViews(tensor: Tensor, stored: ReadonlySet<Tensor>): Tensor | null {
  const { source } = tensor
  if (source.kind !== 'apply' || source.inputs.length === 0 || stored.has(tensor)) return null
  return loweringOf(tensor).kind === 'view' ? behindViews(source.inputs[0]!, stored) : tensor
}

function worthStoring(
  tensor: Tensor,
  readers: Readers,
  stored: ReadonlySet<Tensor>,
  costs: ReadonlyMap<Tensor, number>,
  bytes: number,
): boolean {
  // prettier-ignore
  if (!readers.repeated && readers.evaluations < 2) return false
  const { arithmetic, loads } = inlinedCost(tensor, stored, costs)
  if (loads === 0) return false
  // four bytes are one load, which saves more than their conversion costs
  const isConversion = readers.repeated && readers.plain && arithmetic <= BYTE_COST && isOfBytes(tensor, stored)
  if (isConversion && tensor.size <= bytes) return false
  return readers.repeated ? arithmetic > 0 : arithmetic > SHARED_COST
}

/** Arithmetic and loads of an element with all that is inlined into it; values that depend on no data have neither. */
function inlinedCost(
  root: Tensor,
  stored: ReadonlySet<Tensor>,
  costs: ReadonlyMap<Tensor, number>,
): { arithmetic: number; loads: number } {
  // prettier-ignore
  const loaded = new Map<Tensor, boolean>()
  let arithmetic = 0
  let loads = 0
  const visit = (tensor: Tensor): boolean => {
    const known = loaded.get(tensor)
    if (known !== undefined) return known
    const { source } = tensor
    const isLoad = source.kind === 'data' || (source.kind === 'parameter' && source.role === 'buffer') || (tensor !== root && stored.has(tensor)) // prettier-ignore
    if (isLoad) loads++
    const dependent = isLoad || (source.kind === 'apply' && source.inputs.map(visit).includes(true))
    if (!isLoad && dependent) arithmetic += costs.get(tensor) ?? 0
    loaded.set(tensor, dependent)
    return dependent
  }
  visit(root)
  return { arithmetic, loads }
}

/** Whether all that a tensor is computed from, beside positions and constants, are bytes. */
function isOfBytes(tensor: Tensor, stored: ReadonlySet<Tensor>, isRoot = true): boolean {
  const { source } = tensor
  if (isArgument(tensor)) return true
  if (source.kind !== 'apply' || (stored.has(tensor) && !isRoot)) return tensor.dtype === 'uint8'
  const elements = loweringOf(tensor).kind === 'view' ? source.inputs.slice(0, 1) : source.inputs
  return elements.every((input) => isOfBytes(input, stored, false))
}
