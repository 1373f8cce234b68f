// Dispatch -> WGSL module: every kernel as a function of its own, packed into one entry point.

import { dispatchGroups, GROUPS_PER_ROW, type KernelFunction, moduleText, type Share } from '../../../shaders/module.ts'
import type { Dispatch, Program } from '../../compiler/program.ts'
import { WALKERS } from '../../compiler/target.ts'
import { expandKernel } from '../expand.ts'
import { formOf, printForms, workgroupOf } from './forms.ts'
import { type BufferKey, createModuleWriter } from './writer.ts'

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
  const { target } = program
  const forms = dispatch.kernels.map((kernel) => formOf(expandKernel(kernel), target))
  const wanted = workgroupOf(forms)
  const kernels = printForms(forms, wanted, target.sharedBytes, writer)
  const share: Share = target.software && kernels.length > 1 ? { kind: 'walk', groups: WALKERS } : { kind: 'ranges' }
  const workgroupSize = share.kind === 'walk' ? 4 : (wanted ?? workgroupSizeFor(kernels, target.software))
  const groups = dispatchGroups(kernels, workgroupSize, share)
  const bindings = writer.bindings()
  return {
    source: moduleText(bindings, kernels, workgroupSize, share, argumentVectors(program), writer.declarations),
    groups: [Math.min(groups, GROUPS_PER_ROW), Math.ceil(groups / GROUPS_PER_ROW)],
    buffers: writer.bufferKeys().map((key, i) => ({ key, writable: bindings[i]!.writable })),
  }
}

/**
 * Software adapters run workgroups on a few CPU threads, four invocations at a time: small groups spread little work over all
 * of them. GPUs want at least a warp or two per group.
 */
function workgroupSizeFor(kernels: readonly KernelFunction[], software: boolean): number {
  if (!software) return 64
  const invocations = kernels.reduce((total, kernel) => total + kernel.invocations, 0)
  let size = 4
  while (size < 64 && invocations / (size * 2) >= 16) size *= 2
  return size
}
