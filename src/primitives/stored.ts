// A value that gets memory of its own. Maps and views are inlined into whatever reads them, so a chain in which every level reads
// the one before twice would double its expression per level; a level that is stored is computed once and then loaded.

import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { loweringOf } from '../ir/elements.ts'
import type { Tensor } from '../ir/tensor.ts'
import { reduceLowering, reduceShape } from './reduction.ts'

/** Whether the compiler stores `x` anyway. */
function hasMemory(x: Tensor): boolean {
  if (x.source.kind !== 'apply') return true
  const { kind } = loweringOf(x)
  return kind === 'reduce' || kind === 'contraction'
}

/** `x` itself, as the product over no axes: reductions are always stored. Numbers only. */
export const stored: PrimitiveFunction<null> = definePrimitive({
  name: 'stored',
  shape: ([x]) => reduceShape('stored', x!, [], x!.dtype, true),
  reference: ([x]) => x!.data,
  // 1 · x keeps every value, -0 and NaN included, which 0 + x or max(-Inf, x) would not
  lower: ([x]) => reduceLowering(x!, [], 'prod'),
  // the chain of cotangents is as long as the chain of values
  vjp: ({ cotangent }) => [stored([cotangent], null)],
  rewrite: ([x]) => (hasMemory(x!) ? x! : null),
})
