// What a kernel is in terms of the user's graph: what it iterates over, reads and writes, and the nodes that it computes.

import type { Kernel } from '../compiler/kernel.ts'
import { storesOf } from '../compiler/kernel.ts'
import { printShape } from '../compiler/print.ts'
import type { Program } from '../compiler/program.ts'
import { nodesOf } from '../compiler/provenance.ts'
import { kernelReads } from '../compiler/schedule.ts'
import { formatAval } from '../core/aval.ts'
import type { Tensor } from '../ir/tensor.ts'

/** A node of the graph: an operation with what it takes and gives, such as `float32[128, 10]`. */
export interface ProfiledNode {
  readonly operation: string
  readonly inputs: readonly string[]
  readonly output: string
}

/** A kernel: one unit of work of a dispatch. */
export interface ProfiledKernel {
  /** What it iterates over, such as `contraction [128, 784] x [784, 128]`. */
  readonly shape: string
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** What it computes, each node after its inputs. */
  readonly nodes: readonly ProfiledNode[]
}

/** A kernel of a program. */
export function describeKernel(kernel: Kernel, program: Program): ProfiledKernel {
  const named = (tensor: Tensor): string => `${nameOf(tensor, program)} ${formatAval(tensor.aval)}`
  return {
    shape: printShape(kernel),
    reads: [...kernelReads(kernel)].map(named),
    writes: [...new Set(storesOf(kernel).map(({ target }) => target))].map(named),
    nodes: nodesOf(kernel).flatMap(({ source, aval }): ProfiledNode[] => {
      if (source.kind !== 'apply') return []
      const inputs = source.inputs.map((input) => formatAval(input.aval))
      return [{ operation: source.primitive.name, inputs, output: formatAval(aval) }]
    }),
  }
}

/** State by its path (`new` where it is the update in place), what is between kernels by its slot, metrics as such. */
function nameOf(tensor: Tensor, program: Program): string {
  const location = program.locations.get(tensor)
  switch (location?.space) {
    case 'input': {
      const { source } = program.inputs[location.index]!
      const name = source.kind === 'parameter' ? source.name.replace(/^\[\d+\]\./, '') : 'captured'
      return program.inputs[location.index] === tensor ? name : `new ${name}`
    }
    case 'temporary':
      return `slot ${location.slot}`
    case 'ring':
      return location.column === 0 ? 'loss' : `metric ${location.column}`
    default:
      return 'output'
  }
}
