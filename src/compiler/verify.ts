// verify: asserts that a Program is legal, independently of the passes that made it. It walks the dispatches and keeps track of
// which tensor each piece of memory holds, so that a slot reused too early, an update in place that comes before a reader, or
// an output that was overwritten shows as a read of the wrong tensor.

import { formatAval } from '../core/aval.ts'
import { InternalError } from '../core/errors.ts'
import { sameIndex } from '../ir/indexMap.ts'
import { childrenOf, type Scalar, type Variable } from '../ir/scalar.ts'
import { loadsOf, visitScalars } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import { tensorOf } from './group.ts'
import { type Kernel, rootsOf, type Store, storesOf } from './kernel.ts'
import { deviceBytes } from './memory.ts'
import type { Location, Program } from './program.ts'

/** A piece of memory that holds one tensor at a time, as text. */
type Cell = string

/**
 * Asserts that every kernel of a program is well formed, reads what was computed before it, and writes where nothing else is
 * still needed; that donated inputs are overwritten only at the element that is being read; that outputs survive to the end
 * and other inputs are left alone; and that no dispatch binds more buffers than the target has.
 * @throws InternalError that names the first violation.
 */
export function verifyProgram(program: Program): void {
  const holds = new Map<Cell, Tensor>()
  program.inputs.forEach((tensor, index) => holds.set(cellOf(program, { space: 'input', index }), tensor))
  verifyPlacements(program)
  program.dispatches.forEach(({ kernels }, i) => {
    const where = `dispatch ${i}`
    if (kernels.length === 0) fail(where, 'has no kernels')
    const written = new Map<Cell, { kernel: Kernel; target: Tensor }>()
    for (const kernel of kernels) {
      verifyKernel(kernel, `${where}, ${kernel.name}`)
      for (const { target } of storesOf(kernel)) {
        const cell = cellOf(program, locationOf(program, target, where))
        if (written.has(cell)) fail(where, `two stores into ${cell}`)
        written.set(cell, { kernel, target })
      }
    }
    for (const kernel of kernels) {
      for (const tensor of new Set(loadsOf(rootsOf(kernel)).map((load) => tensorOf(load.source)))) {
        const cell = cellOf(program, locationOf(program, tensor, where))
        const held = holds.get(cell)
        // a kernel without elements is dropped, and nothing is read of a tensor without elements
        if (tensor.size > 0 && held !== tensor)
          fail(
            where,
            `${kernel.name} reads ${describe(tensor)} from ${cell}, which holds ${held === undefined ? 'nothing' : describe(held)}`,
          )
        const writer = written.get(cell)
        if (writer === undefined) continue
        if (writer.kernel !== kernel)
          fail(where, `${kernel.name} reads ${cell} while ${writer.kernel.name} overwrites it`)
        if (!worksInPlace(kernel, writer.target, tensor))
          fail(where, `${kernel.name} overwrites ${cell} at elements that it still reads`)
      }
      visitScalars(rootsOf(kernel), (node) => {
        if (node.op === 'argument' && !program.args.some((argument) => argument.id === node.source.id))
          fail(where, 'an argument that the program does not take')
      })
    }
    written.forEach(({ target }, cell) => holds.set(cell, target))
    verifyBindings(program, kernels, where)
  })

  const outputCells = new Set<Cell>()
  program.outputs.forEach(({ tensor, location }, i) => {
    const cell = cellOf(program, location)
    if (outputCells.has(cell)) fail(`output ${i}`, `shares ${cell} with another output`)
    outputCells.add(cell)
    if (tensor.size > 0 && holds.get(cell) !== tensor)
      fail(`output ${i}`, `${cell} does not hold ${describe(tensor)} at the end`)
  })
  program.inputs.forEach((tensor, index) => {
    const cell = cellOf(program, { space: 'input', index })
    if (!outputCells.has(cell) && holds.get(cell) !== tensor)
      fail(`input ${index}`, 'is overwritten although it was not donated')
  })
}

function fail(where: string, what: string): never {
  throw new InternalError(`verify: ${where}: ${what}`)
}

const describe = (tensor: Tensor): string => `tensor ${tensor.id} ${formatAval(tensor.aval)}`

function locationOf(program: Program, tensor: Tensor, where: string): Location {
  return program.locations.get(tensor) ?? fail(where, `${describe(tensor)} has no location`)
}

function cellOf(program: Program, location: Location): Cell {
  switch (location.space) {
    case 'input': {
      const placement = program.placements[location.index] ?? fail(`input ${location.index}`, 'has no placement')
      return `inputs ${placement.group} + ${placement.offset}`
    }
    case 'output':
      return `output ${location.index}`
    case 'temporary':
      return `slot ${location.slot}`
    case 'ring':
      return `ring ${location.column}`
  }
}

/** Inputs that share bytes must be one and the same, and not be written; every tensor must fit where it is put. */
function verifyPlacements(program: Program): void {
  const written = new Set(
    program.dispatches
      .flatMap(({ kernels }) => kernels.flatMap(storesOf))
      .map((store) => locationOf(program, store.target, 'a store')),
  )
  const isWritten = (index: number): boolean =>
    [...written].some((location) => location.space === 'input' && location.index === index)
  program.inputs.forEach((a, i) => {
    const first = program.placements[i]!
    program.inputs.forEach((b, j) => {
      const second = program.placements[j]!
      if (j <= i || first.group !== second.group) return
      const apart =
        first.offset + deviceBytes(a.aval) <= second.offset || second.offset + deviceBytes(b.aval) <= first.offset
      if (!apart && (isWritten(i) || isWritten(j)))
        fail(`inputs ${i} and ${j}`, 'overlap although one of them is written')
    })
  })
  for (const [tensor, location] of program.locations) {
    if (location.space === 'temporary' && (program.slots[location.slot] ?? 0) < deviceBytes(tensor.aval))
      fail(`slot ${location.slot}`, `is too small for ${describe(tensor)}`)
    if (
      location.space === 'ring' &&
      (location.column >= program.ringColumns || tensor.dtype !== 'float32' || tensor.size !== 1)
    )
      fail('the ring', `cannot hold ${describe(tensor)}`)
  }
}

function verifyBindings(program: Program, kernels: readonly Kernel[], where: string): void {
  const buffers = new Set<string>()
  for (const kernel of kernels) {
    const tensors = [
      ...loadsOf(rootsOf(kernel)).map((load) => tensorOf(load.source)),
      ...storesOf(kernel).map((store) => store.target),
    ]
    for (const tensor of tensors) {
      const location = locationOf(program, tensor, where)
      buffers.add(
        location.space === 'input'
          ? `inputs ${program.placements[location.index]!.group}`
          : location.space === 'ring'
            ? 'ring'
            : cellOf(program, location),
      )
    }
  }
  if (buffers.size > program.target.maxBindings)
    fail(where, `binds ${buffers.size} buffers, the target has ${program.target.maxBindings}`)
}

/** Stores of the whole tensor, of its dtype, in variables that the kernel binds. */
function verifyKernel(kernel: Kernel, where: string): void {
  const bound = (scalars: readonly Scalar[], variables: readonly (Variable | null)[], sum: boolean): void => {
    const names = new Set(variables.flatMap((variable) => (variable === null ? [] : [variable.hash])))
    for (const scalar of scalars) {
      const free = freeOf(scalar)
      if (free.accumulator && !sum) fail(where, 'an accumulator outside the epilogue of a contraction')
      for (const variable of free.variables)
        if (!names.has(variable.hash)) fail(where, `the variable ${variable.name} is not bound`)
    }
  }
  const store = ({ target, value }: Store, count: number): void => {
    if (count !== target.size) fail(where, `stores ${count} elements of ${describe(target)}`)
    if (value.dtype !== target.dtype) fail(where, `stores ${value.dtype} into ${describe(target)}`)
  }
  if (kernel.kind === 'loop') {
    for (const { inner, stores } of kernel.stages) {
      bound(stores.flatMap(({ index, value }) => [index, value]), [kernel.row, inner], false) // prettier-ignore
      stores.forEach((one) => store(one, kernel.row.extent * (inner?.extent ?? 1)))
    }
    return
  }
  const { batch, m, n, k, lhs, rhs, stores } = kernel
  bound([lhs], [batch, m, k], false)
  bound([rhs], [batch, k, n], false)
  bound(stores.flatMap(({ index, value }) => [index, value]), [batch, m, n], true) // prettier-ignore
  stores.forEach((one) => store(one, batch.extent * m.extent * n.extent))
}

/** Variables of a scalar that no fold or local array in it binds, and whether it refers to a contraction's sum. */
function freeOf(root: Scalar): { variables: readonly Variable[]; accumulator: boolean } {
  const memo = new Map<number, ReadonlyMap<number, Variable>>()
  let accumulator = false
  const go = (node: Scalar): ReadonlyMap<number, Variable> => {
    const known = memo.get(node.hash)
    if (known !== undefined) return known
    const free = new Map<number, Variable>()
    if (node.op === 'variable') free.set(node.hash, node)
    if (node.op === 'accumulator') accumulator = true
    for (const child of childrenOf(node)) {
      const binds = (node.op === 'fold' || node.op === 'local') && child === node.body ? node.variable.hash : null
      for (const [hash, variable] of go(child)) if (hash !== binds) free.set(hash, variable)
    }
    memo.set(node.hash, free)
    return free
  }
  return { variables: [...go(root).values()], accumulator }
}

/** Whether a kernel may overwrite `held` by `target` in place: all it reads of it is the element that it is about to write. */
function worksInPlace(kernel: Kernel, target: Tensor, held: Tensor): boolean {
  const store = storesOf(kernel).find((one) => one.target === target)!
  const ofHeld = (scalars: readonly Scalar[]): Scalar[] =>
    loadsOf(scalars).flatMap((load) => (tensorOf(load.source) === held ? [load.index] : []))
  if (ofHeld(rootsOf(kernel)).some((index) => !sameIndex(index, store.index))) return false
  if (kernel.kind === 'contraction') return ofHeld([kernel.lhs, kernel.rhs]).length === 0
  // stages without an inner loop store last; of inner loops, which run one after the other, only the one that writes may read
  const own = kernel.stages.find((stage) => stage.stores.includes(store))!
  const others = kernel.stages.filter((stage) => stage !== own).flatMap((stage) => stage.stores.map((one) => one.value))
  return own.inner === null || ofHeld(others).length === 0
}
