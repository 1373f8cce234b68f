// The registry: an entry for every exported function of src/ops. A function without one is a type error here.

import type { OperationEntry, OperationName } from './entry.ts'
import { activations } from './families/activations.ts'
import { arithmetic } from './families/arithmetic.ts'
import { convolution } from './families/convolution.ts'
import { creation } from './families/creation.ts'
import { elementary } from './families/elementary.ts'
import { gathering } from './families/gathering.ts'
import { linalg } from './families/linalg.ts'
import { lossFamily as losses } from './families/losses.ts'
import { normalization } from './families/normalization.ts'
import { reductions } from './families/reductions.ts'
import { shaping } from './families/shaping.ts'

/** Families in the order in which OPERATIONS.md lists them. */
export const FAMILIES = {
  arithmetic,
  elementary,
  activations,
  reductions,
  shaping,
  gathering,
  linalg,
  convolution,
  normalization,
  losses,
  creation,
}

/** The entry of every operation. */
export const OPERATIONS: { readonly [K in OperationName]: OperationEntry } = {
  ...arithmetic,
  ...elementary,
  ...activations,
  ...reductions,
  ...shaping,
  ...gathering,
  ...linalg,
  ...convolution,
  ...normalization,
  ...losses,
  ...creation,
}
