// The table of all operations that the fuzzer draws from: a family is chosen first, so that large ones do not crowd out others.

import type { Operation } from '../pool.ts'
import { elementwise } from './elementwise.ts'
import { layers, transforms } from './layers.ts'
import { moving } from './moving.ts'
import { reducing } from './reductions.ts'

/** Families with their weights. */
export const FAMILIES: readonly { readonly weight: number; readonly operations: readonly Operation[] }[] = [
  { weight: 5, operations: elementwise.unary },
  { weight: 6, operations: elementwise.binary },
  { weight: 1, operations: elementwise.comparisons },
  { weight: 1, operations: elementwise.integers },
  { weight: 5, operations: reducing.reductions },
  { weight: 1, operations: reducing.running },
  { weight: 4, operations: reducing.products },
  { weight: 4, operations: moving.views },
  { weight: 2, operations: moving.joins },
  { weight: 2, operations: moving.indexed },
  { weight: 2, operations: layers },
  { weight: 1, operations: transforms },
]

/** The sum of the weights. */
export const TOTAL_WEIGHT = FAMILIES.reduce((sum, { weight }) => sum + weight, 0)
