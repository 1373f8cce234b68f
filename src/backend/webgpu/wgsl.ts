// Dispatch -> WGSL module: every kernel as a function of its own, packed into one entry point.

import { groupsOf, GROUPS_PER_ROW, type KernelFunction, moduleText } from '../../../shaders/module.ts'
import { SHARED_TILE, SHARED_TILE_BYTES } from '../../../shaders/sharedContraction.ts'
import type { ContractionKernel, Kernel, LoopKernel } from '../../compiler/kernel.ts'
import type { Dispatch, Program } from '../../compiler/program.ts'
import { withSum } from '../../compiler/rows.ts'
import { variable } from '../../ir/scalar.ts'
import { ravel } from '../../ir/indexMap.ts'
import { substitute } from '../../ir/substitute.ts'
import { expandKernel } from './expand.ts'
import { loopFunction } from './loopKernel.ts'
import { registerFunction, type Roles, rolesOf } from './registerContraction.ts'
import { sharedFunction } from './sharedContraction.ts'
import { type BufferKey, createModuleWriter, type ModuleWriter } from './writer.ts'

/** A dispatch as code: the module, how many workgroups to start, and what its bindings are (binding 0 is the argument row). */
export interface DispatchCode {
  readonly source: string
  readonly groups: readonly [number, number]
  readonly buffers: readonly { readonly key: BufferKey; readonly writable: boolean }[]
}

/** Words of an argument row: the header (inf, -inf, nan, ring row) and the arguments, in vec4s. */
export function argumentVectors(program: Program): number {
  return 1 + Math.ceil(program.args.length / 4)
}

/** Writes the module of a dispatch. */
export function printDispatch(dispatch: Dispatch, program: Program): DispatchCode {
  const writer = createModuleWriter(program)
  const shared = { bytesLeft: program.target.sharedBytes }
  const kernels = dispatch.kernels.map((kernel, i) =>
    kernelFunction(expandKernel(kernel), `kernel_${i}`, program, writer, shared),
  )
  const workgroupSize = workgroupSizeFor(kernels, program.target.software)
  const groups = kernels.reduce((total, kernel) => total + groupsOf(kernel, workgroupSize), 0)
  const bindings = writer.bindings()
  return {
    source: moduleText(bindings, kernels, workgroupSize, argumentVectors(program), writer.declarations),
    groups: [Math.min(groups, GROUPS_PER_ROW), Math.ceil(groups / GROUPS_PER_ROW)],
    buffers: writer.bufferKeys().map((key, i) => ({ key, writable: bindings[i]!.writable })),
  }
}

/**
 * Software adapters run workgroups on a few CPU threads, four invocations at a time: small groups spread little work over all
 * of them. GPUs want at least a warp or two per group.
 */
function workgroupSizeFor(kernels: readonly KernelFunction[], software: boolean): number {
  if (kernels.some((kernel) => kernel.cooperative)) return SHARED_TILE.invocations
  if (!software) return 64
  const invocations = kernels.reduce((total, kernel) => total + kernel.invocations, 0)
  let size = 4
  while (size < 64 && invocations / (size * 2) >= 16) size *= 2
  return size
}

function kernelFunction(
  kernel: Kernel,
  name: string,
  program: Program,
  writer: ModuleWriter,
  shared: { bytesLeft: number },
): KernelFunction {
  if (kernel.kind === 'loop') return loopFunction(kernel, name, writer)
  const roles = kernel.stores.every((store) => store.value.dtype !== 'float64') ? rolesOf(kernel) : null
  if (roles === null) return loopFunction(asLoop(kernel), name, writer)
  const variant = program.target.tuning.contraction
  if (variant.kind === 'shared' && fillsTiles(roles) && shared.bytesLeft >= SHARED_TILE_BYTES) {
    shared.bytesLeft -= SHARED_TILE_BYTES
    return sharedFunction(kernel, roles, name, writer)
  }
  return registerFunction(kernel, roles, name, writer, variant)
}

/** Whether tiles in workgroup memory would be at least half full. */
function fillsTiles({ rows, lanes }: Roles): boolean {
  return rows.extent * 2 >= SHARED_TILE.rows && lanes.extent * 2 >= SHARED_TILE.lanes
}

/** A contraction whose output has no axis of four lanes, as one sum per invocation. */
function asLoop(kernel: ContractionKernel): LoopKernel {
  const { batch, m, n } = kernel
  const row = variable('i', batch.extent * m.extent * n.extent)
  const flat = ravel([batch, m, n], [batch.extent, m.extent, n.extent])
  const stores = kernel.stores.map(({ target, value }) => {
    const inRow = substitute(value, (node) => (node.hash === flat.hash ? row : null))
    return { target, index: row, value: withSum(inRow, kernel, row) }
  })
  return { kind: 'loop', name: kernel.name, row, stages: [{ inner: null, stores }] }
}
