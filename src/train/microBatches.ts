// Into how many parts a batch is split: one if its program fits the device, else the smallest number of equal ones that does. What
// a program needs is known before anything of it is on the device.

import { memoryOf } from '../compiler/memory.ts'
import type { Program } from '../compiler/program.ts'
import { DeviceError } from '../core/errors.ts'
import type { TrainerOptions } from './options.ts'

/** The largest buffer that a program may bind, and the most bytes that it may hold in all. */
export interface Limits {
  readonly bufferBytes: number
  readonly totalBytes: number
}

/** What of a program does not fit, in words; null if it all does. */
export function excess(program: Program, { bufferBytes, totalBytes }: Limits): string | null {
  const largest = program.slots.reduce((most, bytes) => Math.max(most, bytes), 0)
  if (largest > bufferBytes) return `a buffer of ${largest} bytes; this device binds ${bufferBytes} at most`
  const { peak } = memoryOf(program)
  return peak > totalBytes ? `${peak} bytes in all; memoryBudget is ${totalBytes}` : null
}

/**
 * The samples of one micro-batch: the largest divisor of the batch whose program fits, or `microBatchSize` if that does.
 * `programOf` compiles the step on so many samples at once; `note` gets a sentence if the batch was split.
 * @throws DeviceError when not even one sample fits, or `microBatchSize` does not.
 */
export async function chooseMicroBatch(
  { batchSize, microBatchSize }: Pick<TrainerOptions, 'batchSize' | 'microBatchSize'>,
  limits: Limits,
  programOf: (size: number) => Promise<Program>,
  note: (sentence: string) => void,
): Promise<number> {
  if (microBatchSize !== undefined) {
    const size = Math.min(microBatchSize, batchSize)
    const problem = excess(await programOf(size), limits)
    if (problem === null) return size
    throw new DeviceError(
      `createTrainer: a micro-batch of ${samples(size)} needs ${problem}. Use a smaller microBatchSize, or leave it out: then it is chosen to fit`,
    )
  }
  let whole: string | null = null
  let problem: string | null = null
  for (let parts = 1; parts <= batchSize; parts++) {
    if (batchSize % parts !== 0) continue
    const size = batchSize / parts
    problem = excess(await programOf(size), limits)
    if (problem === null) {
      if (whole !== null) {
        note(
          `createTrainer: a batch of ${samples(batchSize)} needs ${whole}. It is computed in ${parts} micro-batches of ${samples(size)}, whose ` +
            'gradients are added up on the device; microBatchSize chooses another size',
        )
      }
      return size
    }
    whole ??= problem
  }
  throw new DeviceError(
    `createTrainer: even one sample at a time needs ${problem}. Use a smaller model or smaller inputs, wrap layers in checkpoint(), ` +
      "raise memoryBudget if it is set, or train on another device, such as setDevice('cpu')",
  )
}

const samples = (count: number): string => (count === 1 ? '1 sample' : `${count} samples`)
