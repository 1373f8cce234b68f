// splitK: Kernel[] -> Kernel[]. A long sum with few results keeps few workgroups busy, so its range is cut into slices: one kernel
// computes a partial sum per slice into scratch, another adds them up in order and stores. The same for folds over long rows, on hardware.
// Runs before memory is planned, which gives the scratch a slot like any other temporary. Same program, same bits.

import { clamped, floorDiv, floorMod, integer, plus, ravel, times } from '../ir/indexMap.ts'
import {
  accumulator,
  binary,
  constant,
  fold,
  load,
  type Scalar,
  select,
  type Variable,
  variable,
} from '../ir/scalar.ts'
import { childrenOf } from '../ir/scalar.ts'
import { loadsOf, substitute, substituteVariables } from '../ir/substitute.ts'
import { dataTensor, type Tensor } from '../ir/tensor.ts'
import { tensorOf } from './group.ts'
import { type ContractionKernel, type Kernel, type LoopKernel, rootsOf, type Store, storesOf } from './kernel.ts'
import { busyGroups, type Target } from './target.ts'

/** The shortest slice of a contraction, and the most slices: adding them up must stay a small part of the work. */
const SHORTEST_SLICE = 128
/** The shortest sum of a contraction that is cut: a second kernel costs as much as some hundred steps of the first. */
const LONG_SUM = 1024
const MOST_SLICES = 32
/** Results so few that adding up is no work at all, and the most slices for them. */
const FEW_RESULTS = 64
const MOST_SLICES_OF_FEW = 128
/** For software, which has a few threads to share out: the most results, the shortest sum, and the slices. */
const SOFTWARE_RESULTS = 512
const SOFTWARE_SUM = 2 ** 14
const SOFTWARE_SLICES = 8
/** The shortest fold that is cut, and its shortest slice. */
const LONG_FOLD = 4096
const SHORTEST_FOLD = 1024

/** How a range is cut: the last slices may reach past its end. */
interface Slices {
  readonly count: number
  readonly length: number
}

/** The kernels with long sums of few results in two passes each, where the buffers of `bufferOf` allow it. */
export function splitK(
  kernels: readonly Kernel[],
  target: Target,
  bufferOf: (tensor: Tensor) => string,
): readonly Kernel[] {
  const fits = (kernel: Kernel): boolean => {
    const tensors = [...loadsOf(rootsOf(kernel)).map((one) => tensorOf(one.source)), ...storesOf(kernel).map((store) => store.target)] // prettier-ignore
    return new Set(tensors.map(bufferOf)).size <= target.maxBindings
  }
  return kernels.flatMap((kernel) => {
    const split = splitOf(kernel, target)
    return split !== null && split.every(fits) ? split : [kernel]
  })
}

function splitOf(kernel: Kernel, target: Target): Kernel[] | null {
  const busy = busyGroups(target)
  if (kernel.kind === 'loop') return target.software ? null : splitFolds(kernel, busy)
  const slices = target.software ? slicesOnSoftware(kernel) : slicesOnHardware(kernel, busy)
  return slices === null ? null : splitContraction(kernel, slices)
}

/** Workgroups that a contraction would have: one per tile, or one per element where no tile would be filled. */
function groupsOf({ batch, m, n }: ContractionKernel): number {
  const least = Math.min(m.extent, n.extent)
  if (least < 8 || (m.extent % 4 !== 0 && n.extent % 4 !== 0)) return batch.extent * m.extent * n.extent
  const side = least < 32 ? 32 : 64
  return batch.extent * Math.ceil(m.extent / side) * Math.ceil(n.extent / side)
}

/** A cut of `extent` into about `wanted` slices, equal ones whose length is a multiple of `unit` if there are such; null if one is enough. */
function slicesOf(extent: number, wanted: number, most: number, unit: number): Slices | null {
  const limit = Math.min(most, wanted)
  if (limit < 2) return null
  const isEven = (count: number): boolean => extent % count === 0 && (extent / count) % unit === 0
  for (let count = limit; count <= Math.min(most, 2 * limit); count++) if (isEven(count)) return { count, length: extent / count } // prettier-ignore
  for (let count = limit - 1; count * 2 >= limit && count >= 2; count--) if (isEven(count)) return { count, length: extent / count } // prettier-ignore
  const length = Math.ceil(extent / limit / 16) * 16
  const count = Math.ceil(extent / length)
  return count < 2 ? null : { count, length }
}

/** Memory for partial results: a tensor that no graph knows. */
const scratch = (shape: readonly number[], dtype: Scalar['dtype']): Tensor => dataTensor({ shape, dtype })

const elementsOf = ({ batch, m, n }: ContractionKernel): number => batch.extent * m.extent * n.extent

function slicesOnHardware(kernel: ContractionKernel, busy: number): Slices | null {
  const { k } = kernel
  const elements = elementsOf(kernel)
  const groups = groupsOf(kernel)
  if (elements === 0 || groups >= busy || k.extent < LONG_SUM) return null
  const most = Math.min(elements <= FEW_RESULTS ? MOST_SLICES_OF_FEW : MOST_SLICES, Math.floor(k.extent / SHORTEST_SLICE)) // prettier-ignore
  return slicesOf(k.extent, Math.ceil((2 * busy) / groups), most, k.extent % 4 === 0 ? 4 : 1)
}

/** Whole positions along the first axis of the sum, so that it is still walked axis by axis. */
function slicesOnSoftware(kernel: ContractionKernel): Slices | null {
  const { k } = kernel
  const elements = elementsOf(kernel)
  if (elements === 0 || elements > SOFTWARE_RESULTS || k.extent < SOFTWARE_SUM) return null
  const slices = slicesOf(k.extent, SOFTWARE_SLICES, 2 * SOFTWARE_SLICES, innerOf(kernel))
  return slices !== null && slices.count * slices.length === k.extent ? slices : null
}

/** The axes of a kernel's sum, if there are several. */
function axesOf({ kAxes = [] }: ContractionKernel): readonly number[] {
  const axes = kAxes.filter((extent) => extent > 1)
  return axes.length > 1 ? axes : []
}

/** Terms of a sum at each position along its first axis; 4 where it has one axis. */
function innerOf(kernel: ContractionKernel): number {
  const [first] = axesOf(kernel)
  return first === undefined ? 4 : kernel.k.extent / first
}

function splitContraction(kernel: ContractionKernel, slices: Slices): Kernel[] {
  const { batch, m, n, k, lhs, rhs, name } = kernel
  const elements = elementsOf(kernel)
  const partials = scratch([slices.count, elements], lhs.dtype)
  const over = variable('b', slices.count * batch.extent)
  const inner = variable('k', slices.length)
  const at = plus(times(floorDiv(over, batch.extent), slices.length), inner)
  const isExact = slices.count * slices.length === k.extent
  const operand = (whole: Scalar): Scalar => {
    const position = isExact ? at : clamped(at, k.extent)
    const moved = substituteVariables(whole, new Map<Variable, Scalar>([[batch, floorMod(over, batch.extent)], [k, position]])) // prettier-ignore
    return isExact ? moved : select(binary('lt', at, integer(k.extent)), moved, constant(whole.dtype, 0))
  }
  const axes = axesOf(kernel)
  const inFirst = slices.length / innerOf(kernel)
  const first: ContractionKernel = {
    ...kernel,
    kAxes: axes.length > 0 && Number.isInteger(inFirst) ? [inFirst, ...axes.slice(1)] : [inner.extent],
    name: `${name}_slices`,
    batch: over,
    k: inner,
    lhs: operand(lhs),
    rhs: operand(rhs),
    stores: [
      {
        target: partials,
        index: ravel([over, m, n], [over.extent, m.extent, n.extent]),
        value: accumulator(lhs.dtype),
      },
    ],
  }
  const row = variable('i', elements)
  const slice = variable('slice', slices.count)
  const sum = fold('sum', slice, load(partials, plus(times(slice, elements), row)))
  const flat = ravel([batch, m, n], [batch.extent, m.extent, n.extent])
  const outer = floorDiv(row, n.extent)
  const coordinates = new Map<Variable, Scalar>([[batch, floorDiv(outer, m.extent)], [m, floorMod(outer, m.extent)], [n, floorMod(row, n.extent)]]) // prettier-ignore
  const ofRow = (value: Scalar): Scalar => {
    const inRow = substitute(value, (node) => (node.hash === flat.hash ? row : null))
    return substitute(substituteVariables(inRow, coordinates), (node) => (node.op === 'accumulator' ? sum : null))
  }
  const stores = kernel.stores.map(({ target, value }): Store => ({ target, index: row, value: ofRow(value) }))
  return [first, { kind: 'loop', name, row, stages: [{ inner: null, stores }] }]
}

/** A loop kernel of few rows with each of its long folds over partial results, which kernels before it compute. */
function splitFolds(kernel: LoopKernel, busy: number): Kernel[] | null {
  const { row } = kernel
  if (row.extent === 0 || row.extent >= busy) return null
  const made: Kernel[] = []
  const memo = new Map<number, Scalar>()
  const rewrite = (root: Scalar): Scalar =>
    substitute(root, (node) => {
      if (node.op !== 'fold' || node.combine === 'argmax' || node.combine === 'argmin') return null
      const { variable: over, combine } = node
      if (over.extent < LONG_FOLD || !dependsOnlyOn(node.body, [row, over])) return null
      const known = memo.get(node.hash)
      if (known !== undefined) return known
      const most = Math.floor(over.extent / SHORTEST_FOLD)
      const slices = slicesOf(over.extent, Math.ceil((2 * busy) / row.extent), most, 1)
      if (slices === null) return null
      const { count, length } = slices
      // what the fold needs of other long folds is summed up before it
      const body = rewrite(node.body)
      const partials = scratch([row.extent, count], node.dtype)
      const each = variable('i', row.extent * count)
      const inner = variable(over.name, length)
      const at = plus(times(floorMod(each, count), length), inner)
      const isExact = count * length === over.extent
      const moved = substituteVariables(body, new Map<Variable, Scalar>([[row, floorDiv(each, count)], [over, isExact ? at : clamped(at, over.extent)]])) // prettier-ignore
      // past the end the last element is taken again, which changes no extreme
      const neutral = isExact || combine === 'max' || combine === 'min' ? null : combine === 'sum' ? 0 : 1
      const part = neutral === null ? moved : select(binary('lt', at, integer(over.extent)), moved, constant(node.dtype, neutral)) // prettier-ignore
      const store: Store = { target: partials, index: each, value: fold(combine, inner, part) }
      made.push({ kind: 'loop', name: `${kernel.name}_slices`, row: each, stages: [{ inner: null, stores: [store] }] })
      const slice = variable(`slice${made.length}`, count)
      const result = fold(combine, slice, load(partials, plus(times(row, count), slice)))
      memo.set(node.hash, result)
      return result
    })
  const stages = kernel.stages.map(({ inner, stores }) => ({
    inner,
    stores: stores.map((store): Store => ({ ...store, value: rewrite(store.value) })),
  }))
  return made.length === 0 ? null : [...made, { ...kernel, stages }]
}

/** Whether all variables of an expression that no loop in it binds are among `allowed`. */
function dependsOnlyOn(node: Scalar, allowed: readonly Variable[]): boolean {
  if (node.op === 'variable') return allowed.some((over) => over.hash === node.hash)
  return childrenOf(node).every((child) => {
    const binds = (node.op === 'fold' || node.op === 'local') && child === node.body
    return dependsOnlyOn(child, binds ? [...allowed, node.variable] : allowed)
  })
}
