// Variants: the ways in which a contraction can be tiled, as data, and tuning tables, which say which one each shape class gets.
// Every variant gives a correct result; they differ in speed and, where they add in another order, in the last bits.

import { ArgumentError } from '../core/errors.ts'
import { hashOf } from '../ir/scalar.ts'

/** How a contraction is tiled on WebGPU. */
export interface ContractionVariant {
  /** `registers`: no barriers, for software adapters; `shared`: tiles in workgroup memory. */
  readonly kind: 'registers' | 'shared'
  /** Rows and columns of the output that one invocation computes; columns are a multiple of 4. */
  readonly rows: number
  readonly columns: number
  /** Whether four neighbouring invocations share what they load of the row operand (needs subgroups of at least four). */
  readonly quads: boolean
  /** Invocations of a workgroup of `shared`, which compute a square of 8x8 or 16x16 of these tiles; 256 where it is not given. */
  readonly workgroup?: 64 | 256
}

/** A variant per shape class (see shapeClass.ts); what is not listed gets the fallback. */
export interface TuningChoices {
  readonly fallback: ContractionVariant
  readonly entries: Readonly<Record<string, ContractionVariant>>
}

/** Choices on one adapter, made by `tuningTable`. The same table gives the same bits, and has the same identity. */
export interface TuningTable extends TuningChoices {
  /** The adapter's name and a hash of all that is known of it. */
  readonly adapter: string
  /** The adapter and the choices, shortened: part of a run's record. */
  readonly identity: string
}

/** What a variant may need of a device. */
export interface VariantLimits {
  readonly subgroups: boolean
}

/** All that compete when a program is tuned. A new one is added here and nowhere else; test/dawn/variants.test.ts tests each. */
export const CANDIDATES: readonly ContractionVariant[] = [
  { kind: 'registers', rows: 32, columns: 8, quads: true },
  { kind: 'registers', rows: 16, columns: 8, quads: true },
  { kind: 'registers', rows: 16, columns: 8, quads: false },
  { kind: 'registers', rows: 8, columns: 8, quads: true },
  { kind: 'registers', rows: 8, columns: 8, quads: false },
  { kind: 'registers', rows: 4, columns: 16, quads: false },
  { kind: 'registers', rows: 4, columns: 8, quads: false },
  { kind: 'registers', rows: 4, columns: 4, quads: false },
  { kind: 'shared', rows: 8, columns: 8, quads: false },
  { kind: 'shared', rows: 8, columns: 4, quads: false },
  { kind: 'shared', rows: 4, columns: 4, quads: false },
  { kind: 'shared', rows: 8, columns: 8, quads: false, workgroup: 64 },
  { kind: 'shared', rows: 4, columns: 4, quads: false, workgroup: 64 },
]

/** What an adapter gets where nothing was measured: what is known to be good on its kind. */
export function knownVariant(software: boolean, { subgroups }: VariantLimits): ContractionVariant {
  if (!software) return { kind: 'shared', rows: 8, columns: 8, quads: false } // shrinks to fit, see tileFor
  return subgroups
    ? { kind: 'registers', rows: 32, columns: 8, quads: true }
    : { kind: 'registers', rows: 8, columns: 8, quads: false }
}

/** Whether a device can run a variant. */
export const isUsable = (variant: ContractionVariant, { subgroups }: VariantLimits): boolean =>
  subgroups || !variant.quads

/** What is worth measuring: software adapters gain nothing from workgroup memory, and take a second to compile a tile. */
export const candidatesFor = (software: boolean, limits: VariantLimits): ContractionVariant[] =>
  CANDIDATES.filter((variant) => isUsable(variant, limits) && !(software && variant.kind === 'shared'))

/** @throws ArgumentError when the device cannot run one of the choices. */
export function checkChoices({ fallback, entries }: TuningChoices, limits: VariantLimits): void {
  for (const variant of [fallback, ...Object.values(entries)]) {
    if (isUsable(variant, limits)) continue
    throw new ArgumentError(
      `tune: the table asks for ${describeVariant(variant)}, which needs subgroups, and this adapter has none; use 'quick'`,
    )
  }
}

/** A variant as text, such as `registers 16x8 quads`: its kind, its tile, and every further field that is not false. */
export function describeVariant(variant: ContractionVariant): string {
  const { kind, rows, columns, ...rest } = variant
  const more = Object.entries(rest)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => (value === true ? name : `${name} ${value}`))
  return [kind, `${rows}x${columns}`, ...more.sort()].join(' ')
}

/** Letters and digits that stand for a text in identities and keys. */
export const shortHash = (text: string): string => hashOf(text).toString(36)

/** The table of choices on an adapter, with its identity. */
export function tuningTable(adapter: string, { fallback, entries }: TuningChoices): TuningTable {
  const lines = Object.keys(entries)
    .sort()
    .map((shape) => `${shape}: ${describeVariant(entries[shape]!)}`)
  const shapes = lines.length === 0 ? '' : `; ${lines.length} shapes ${shortHash(lines.join('\n'))}`
  return { adapter, identity: `${adapter}: ${describeVariant(fallback)}${shapes}`, fallback, entries }
}
