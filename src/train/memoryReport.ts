// What a trainer holds on its device, in bytes, from its programs and the tensors they work on: nothing has to run first.

import { deviceBytes } from '../compiler/memory.ts'
import type { Program } from '../compiler/program.ts'
import { flattenTree } from '../core/tree.ts'
import { Tensor } from '../ir/tensor.ts'
import type { Ring } from '../runtime/replay.ts'
import type { TrainState } from './step.ts'
import { formatBytes, formatPercentage, formatTable } from './tables.ts'

/** Bytes that a trainer holds on its device. Predictions, and 32 KiB of argument rows that a WebGPU device has once, are not among them. */
export interface TrainerMemory {
  readonly parameters: number
  readonly optimizerState: number
  /** What layers keep from step to step: running statistics. */
  readonly modelState: number
  /** Gradients and metrics that micro-batches add up. */
  readonly accumulators: number
  /** The resident samples and their order; those of `data.test` from the first `evaluate()` on. */
  readonly dataset: number
  /** What lives within a step (activations, gradients): the slots of the programs compiled so far, which share them. */
  readonly activations: number
  /** The metrics of the last 2048 steps. */
  readonly ring: number
  /** The sum of all of these: held from the creation of the trainer to its end. */
  readonly total: number
  /** The most that was held at any time, which is `total`: making a trainer takes no more than keeping it. */
  readonly peak: number
  /** All of it as a table. */
  readonly toString: () => string
}

/** What a session holds. */
export interface Holdings {
  readonly state: TrainState
  /** Trees of tensors that micro-batches are added up in; null where a batch is one part. */
  readonly accumulators: unknown
  readonly dataset: readonly Tensor[]
  /** The test samples, once there was an evaluation. */
  readonly evaluated: readonly Tensor[]
  readonly ring: Ring
  readonly programs: readonly Program[]
}

/** Places in an arena begin at multiples of this. */
const ARENA_ALIGNMENT = 256

const tensorsOf = (tree: unknown): Tensor[] => flattenTree(tree).leaves.filter((leaf) => leaf instanceof Tensor)
const sumOf = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
const bytesOf = (tensors: readonly Tensor[]): number => sumOf(tensors.map(({ aval }) => deviceBytes(aval)))
const packedBytes = (tensors: readonly Tensor[]): number =>
  sumOf(tensors.map(({ aval }) => Math.ceil(deviceBytes(aval) / ARENA_ALIGNMENT) * ARENA_ALIGNMENT))

/** The bytes of a session. */
export function memoryReport({ state, accumulators, dataset, evaluated, ring, programs }: Holdings): TrainerMemory {
  const bytes = {
    parameters: packedBytes(tensorsOf(state.params)),
    optimizerState: packedBytes(tensorsOf(state.optimizer)),
    modelState: packedBytes(tensorsOf(state.model)),
    accumulators: packedBytes(tensorsOf(accumulators)),
    dataset: bytesOf([...dataset, ...evaluated]),
    activations: slotBytes(programs),
    ring: ring.buffer.bytes,
  }
  const total = sumOf(Object.values(bytes))
  const held = { ...bytes, total, peak: total } // values go straight to their places, so that nothing is held twice
  return { ...held, toString: () => tableOf(held, tensorsOf(state.params)) }
}

/** Programs take their slots from one pool: the n-th slot of a size is the same buffer in all of them. */
function slotBytes(programs: readonly Program[]): number {
  const most = new Map<number, number>()
  for (const { slots } of programs) {
    for (const size of slots)
      most.set(size, Math.max(most.get(size) ?? 0, slots.filter((other) => other === size).length))
  }
  return sumOf([...most].map(([size, count]) => size * count))
}

const NAMES: readonly (readonly [keyof TrainerMemory, string])[] = [
  ['parameters', 'parameters'],
  ['optimizerState', 'optimizer state'],
  ['modelState', 'model state'],
  ['accumulators', 'accumulated gradients'],
  ['dataset', 'dataset'],
  ['activations', 'activations'],
  ['ring', 'metrics ring'],
]

function tableOf(memory: Omit<TrainerMemory, 'toString'>, parameters: readonly Tensor[]): string {
  const count = sumOf(parameters.map(({ size }) => size)).toLocaleString('en-US')
  const rows = NAMES.map(([key, name]) => {
    const bytes = Number(memory[key])
    return [
      name,
      formatBytes(bytes),
      formatPercentage(bytes / memory.total),
      key === 'parameters' ? `${count} values` : '',
    ]
  }).filter(([name, bytes]) => bytes !== '0 B' || name === 'parameters')
  return formatTable(
    ['memory', '', 'share', ''],
    [...rows, ['total', formatBytes(memory.total), '', ''], ['peak', formatBytes(memory.peak), '', '']],
    ['left', 'right', 'right', 'left'],
  )
}
