// Samples for every primitive: the whole conformance suite is generated from them. A primitive without samples is a type
// error here; a file of primitives that is not listed fails the test that reads the folder.

import type * as alongAxis from '../../src/primitives/along.ts'
import type * as ordering from '../../src/primitives/barrier.ts'
import type * as broadcast from '../../src/primitives/broadcast.ts'
import type * as convolutions from '../../src/primitives/convolution.ts'
import type * as running from '../../src/primitives/cumulative.ts'
import type * as elementwise from '../../src/primitives/elementwise.ts'
import type * as indexed from '../../src/primitives/indexing.ts'
import type * as matrices from '../../src/primitives/linalg.ts'
import type * as literals from '../../src/primitives/literal.ts'
import type * as orders from '../../src/primitives/order.ts'
import type * as reduce from '../../src/primitives/reduce.ts'
import type * as memory from '../../src/primitives/stored.ts'
import type * as views from '../../src/primitives/structural.ts'
import type * as hashes from '../../src/primitives/threefry.ts'
import type * as sliding from '../../src/primitives/windows.ts'
import type { Primitive } from '../../src/ir/tensor.ts'
import type { Case } from './sample.ts'
import { along } from './samples/along.ts'
import { binary } from './samples/binary.ts'
import { convolution } from './samples/convolution.ts'
import { cumulative } from './samples/cumulative.ts'
import { indexing, sources } from './samples/indexing.ts'
import { linalg } from './samples/matmul.ts'
import { order } from './samples/order.ts'
import { reductions } from './samples/reductions.ts'
import { structural } from './samples/structural.ts'
import { unary } from './samples/unary.ts'

type Modules = typeof alongAxis &
  typeof broadcast &
  typeof convolutions &
  typeof elementwise &
  typeof hashes &
  typeof indexed &
  typeof matrices &
  typeof literals &
  typeof memory &
  typeof ordering &
  typeof orders &
  typeof reduce &
  typeof running &
  typeof sliding &
  typeof views

/** The exported name of a primitive. */
export type PrimitiveName = {
  [K in keyof Modules]: Modules[K] extends { readonly primitive: Primitive } ? K : never
}[keyof Modules]

/** The cases of every primitive, by its exported name. */
export const SAMPLES: { readonly [K in PrimitiveName]: readonly Case[] } = {
  ...unary,
  ...binary,
  ...structural,
  ...reductions,
  ...linalg,
  ...indexing,
  ...along,
  ...cumulative,
  ...order,
  ...convolution,
  ...sources,
}

/** A case with the exported name of its primitive. */
export interface NamedCase extends Case {
  readonly primitiveName: string
}

/** All cases, in the order of the table. */
export const ALL_CASES: readonly NamedCase[] = Object.entries(SAMPLES).flatMap(([primitiveName, cases]) =>
  cases.map((one) => ({ ...one, primitiveName })),
)
