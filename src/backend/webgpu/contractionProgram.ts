// A program of one contraction, for measurements: the kernel as it stands in its own program (operands, epilogue and all), over
// scratch memory. What it reads lies in one buffer per element type, and what it writes in another, so that bindings suffice.

import { type ContractionKernel, rootsOf, storesOf } from '../../compiler/kernel.ts'
import { tensorOf } from '../../compiler/group.ts'
import { deviceBytes } from '../../compiler/memory.ts'
import type { Location, Placement, Program } from '../../compiler/program.ts'
import type { Target } from '../../compiler/target.ts'
import type { ContractionVariant } from '../../compiler/variants.ts'
import { loadsOf, visitScalars } from '../../ir/substitute.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { deviceElement } from './layout.ts'

const ALIGNMENT = 256

/** The memory that a contraction needs to run alone, the same for every variant. */
export interface ContractionMemory {
  readonly inputs: readonly Tensor[]
  readonly args: readonly Tensor[]
  readonly placements: readonly Placement[]
  /** Bytes of every placement group. */
  readonly groups: readonly number[]
}

/** Memory for everything that a contraction reads and writes. */
export function contractionMemory(kernel: ContractionKernel): ContractionMemory {
  const roots = rootsOf(kernel)
  const written = new Set(storesOf(kernel).map((store) => store.target))
  const read = new Set(loadsOf(roots).map((load) => tensorOf(load.source)))
  const inputs = [...new Set([...read, ...written])]
  const args = new Set<Tensor>()
  visitScalars(roots, (node) => {
    if (node.op === 'argument') args.add(tensorOf(node.source))
  })
  const keys: string[] = []
  const groups: number[] = []
  const placements = inputs.map((tensor): Placement => {
    const key = `${written.has(tensor) ? 'written' : 'read'} ${deviceElement(tensor.dtype)}`
    if (!keys.includes(key)) keys.push(key)
    const group = keys.indexOf(key)
    const offset = groups[group] ?? 0
    groups[group] = offset + Math.ceil(deviceBytes(tensor.aval) / ALIGNMENT) * ALIGNMENT
    return { group, offset }
  })
  return { inputs, args: [...args], placements, groups }
}

/** The program that runs a contraction alone, with a variant. */
export function contractionProgram(
  kernel: ContractionKernel,
  variant: ContractionVariant,
  { inputs, args, placements }: ContractionMemory,
  target: Target,
): Program {
  return {
    target,
    inputs,
    args,
    outputs: [],
    dispatches: [{ kernels: [{ ...kernel, variant }] }],
    locations: new Map(inputs.map((tensor, index): [Tensor, Location] => [tensor, { space: 'input', index }])),
    slots: [],
    ringColumns: 0,
    placements,
  }
}
