// Which tensors are stored: Graph -> the set of computed tensors that get memory. Reductions, contractions and outputs are;
// maps are where recomputing them would cost more than a store and loads. Views never are, unless they are outputs.

import { topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { elementsOf, loweringOf } from '../ir/elements.ts'
import { unravel } from '../ir/indexMap.ts'
import { type Scalar, type UnaryFn, type BinaryFn, variable } from '../ir/scalar.ts'
import { visitScalars } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'

/** Who reads a tensor through inlined ones, and whether some reader does so many times per element. */
interface Readers {
  readonly kernels: Set<Tensor>
  repeated: boolean
}

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
/** Above this cost, a map that two kernels need is stored rather than computed twice. */
const SHARED_COST = 8

/** Arithmetic per element of an expression; loads and index arithmetic are free, data-independent values cost nothing. */
function costOf(root: Scalar): { arithmetic: number; loads: number } {
  let arithmetic = 0
  let loads = 0
  visitScalars([root], (node) => {
    if (node.op === 'load') loads++
    if ((node.op === 'unary' || node.op === 'binary') && node.dtype !== 'bool') {
      arithmetic += COSTLY.has(node.fn) ? COSTLY_WEIGHT : 1
    }
    if (node.op === 'cast' || node.op === 'select') arithmetic++
  })
  return { arithmetic, loads }
}

/** The computed tensors that are stored, outputs and `forced` ones included. */
export function chooseStored(graph: Graph, forced: ReadonlySet<Tensor>): Set<Tensor> {
  const order = topologicalOrder(graph.outputs)
  const stored = new Set<Tensor>([...graph.outputs, ...forced].filter((output) => output.source.kind === 'apply'))
  const kinds = new Map<Tensor, string>()
  for (const tensor of order) {
    if (tensor.source.kind !== 'apply') continue
    const { kind } = loweringOf(tensor)
    kinds.set(tensor, kind)
    if (kind === 'reduce' || kind === 'contraction') stored.add(tensor)
  }

  const readers = new Map<Tensor, Readers>()
  for (const tensor of [...order].reverse()) {
    const source = tensor.source
    if (source.kind !== 'apply') continue
    const own = readers.get(tensor) ?? { kernels: new Set(), repeated: false }
    if (!stored.has(tensor) && kinds.get(tensor) === 'map' && worthStoring(tensor, own, stored)) stored.add(tensor)
    const isStored = stored.has(tensor)
    source.inputs.forEach((input) => {
      const entry = readers.get(input) ?? { kernels: new Set<Tensor>(), repeated: false }
      if (isStored) entry.kernels.add(tensor)
      else own.kernels.forEach((kernel) => entry.kernels.add(kernel))
      if (kinds.get(tensor) === 'contraction' || (!isStored && own.repeated)) entry.repeated = true
      readers.set(input, entry)
    })
  }
  return stored
}

function worthStoring(tensor: Tensor, readers: Readers, stored: ReadonlySet<Tensor>): boolean {
  if (!readers.repeated && readers.kernels.size < 2) return false
  const value = elementsOf(stored).compute(tensor, unravel(variable('i', tensor.size), tensor.shape))
  const { arithmetic, loads } = costOf(value)
  if (loads === 0) return false
  return readers.repeated ? arithmetic > 0 : arithmetic > SHARED_COST
}
