// Programs and kernels as text, for people and for tests.

import { formatAval } from '../core/aval.ts'
import { loadsOf } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import { tensorOf } from './group.ts'
import { type Kernel, rootsOf, storesOf } from './kernel.ts'
import { memoryOf } from './memory.ts'
import type { Location, Program } from './program.ts'
import { describeVariant } from './variants.ts'

/** A location as text: `input 3`, `slot 0`, `output 1`, `ring 0`. */
export function printLocation(location: Location): string {
  switch (location.space) {
    case 'input':
    case 'output':
      return `${location.space} ${location.index}`
    case 'temporary':
      return `slot ${location.slot}`
    case 'ring':
      return `ring ${location.column}`
  }
}

/** What a kernel iterates over, as text. */
export function printShape(kernel: Kernel): string {
  if (kernel.kind === 'contraction') {
    const batch = kernel.batch.extent === 1 ? '' : `${kernel.batch.extent} x `
    return `contraction ${batch}[${kernel.m.extent}, ${kernel.k.extent}] x [${kernel.k.extent}, ${kernel.n.extent}]`
  }
  const inner = kernel.stages.flatMap((stage) => (stage.inner === null ? [] : [stage.inner.extent]))
  return `${inner.length > 0 ? `rows ${kernel.row.extent} (inner ${inner.join(', ')})` : `loop ${kernel.row.extent}`}`
}

const printVariant = (kernel: Kernel): string =>
  kernel.kind === 'contraction' && kernel.variant !== undefined ? `, ${describeVariant(kernel.variant)}` : ''

/** A program: its dispatches, what each kernel reads and writes and where, and its memory. */
export function printProgram(program: Program): string {
  const where = (tensor: Tensor): string => {
    const location = program.locations.get(tensor)
    const name = tensor.source.kind === 'parameter' ? `${tensor.source.name} ` : ''
    return `${name}${formatAval(tensor.aval)} @ ${location === undefined ? '?' : printLocation(location)}`
  }
  const lines = program.dispatches.flatMap((dispatch, i) => [
    `dispatch ${i}`,
    ...dispatch.kernels.flatMap((kernel) => [
      `  ${printShape(kernel)}${printVariant(kernel)}`,
      ...[...new Set(loadsOf(rootsOf(kernel)).map((load) => tensorOf(load.source)))].map(
        (tensor) => `    reads  ${where(tensor)}`,
      ),
      ...[...new Set(storesOf(kernel).map((store) => store.target))].map((tensor) => `    writes ${where(tensor)}`),
    ]),
  ])
  const memory = memoryOf(program)
  return [
    `${program.dispatches.length} dispatches, ${program.inputs.length} inputs, ${program.args.length} arguments, ${program.slots.length} slots`,
    ...lines,
    `memory: inputs ${memory.inputs} B, outputs ${memory.outputs} B, temporaries ${memory.temporaries} B, peak ${memory.peak} B`,
  ].join('\n')
}
