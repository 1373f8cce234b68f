// How many chunks a kernel is cut into for threads to share: what begins and ends a chunk must cost little beside the work in it.

import { costOf } from '../../compiler/cost.ts'
import type { Kernel } from '../../compiler/kernel.ts'

/** Nanoseconds, roughly: of an element that is moved and of a value that is computed, one by one and in vectors, and of a product. */
const ELEMENT = { plain: 1, vectors: 0.4 }
const VALUE = { plain: 1.5, vectors: 0.3 }
const PRODUCT = 0.05

/** The least work of a chunk in nanoseconds. A chunk of a contraction packs one operand for itself, so that it has as few as there are threads. */
const LEAST = 25_000
const LEAST_OF_PRODUCTS = 60_000
const LOOP_CHUNKS_PER_THREAD = 4

/** The least work of a program that is shared: helpers must be told of every run. */
export const LEAST_OF_PROGRAM = 500_000

/** How a kernel of so many units, in vectors or not, is shared: its chunks (1 where it is not), and its work in nanoseconds of one thread. */
export function chunksOf(
  kernel: Kernel,
  inVectors: boolean,
  units: number,
  threads: number,
): { chunks: number; work: number } {
  if (threads === 1 || units === 1) return { chunks: 1, work: 0 }
  const { flops, bytesRead, bytesWritten } = costOf([kernel])
  const speed = inVectors ? 'vectors' : 'plain'
  const moved = ((bytesRead + bytesWritten) / 4) * ELEMENT[speed]
  const isProduct = kernel.kind === 'contraction' && inVectors
  const work = moved + flops * (isProduct ? PRODUCT : VALUE[speed])
  const most = isProduct ? threads : threads * LOOP_CHUNKS_PER_THREAD
  return {
    chunks: Math.max(1, Math.min(units, most, Math.floor(work / (isProduct ? LEAST_OF_PRODUCTS : LEAST)))),
    work,
  }
}
