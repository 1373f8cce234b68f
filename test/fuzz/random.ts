// A source of random choices that a seed determines: every program of the fuzzer is a function of its seed.

import { randomFrom } from '../conformance/sample.ts'

/** Random choices. */
export interface Random {
  /** A number in [0, 1). */
  readonly unit: () => number
  /** An integer of `0 .. count - 1`. */
  readonly below: (count: number) => number
  /** True with the given probability. */
  readonly chance: (probability: number) => boolean
  /** One of the entries. */
  readonly of: <T>(entries: readonly T[]) => T
  /** The entries in random order. */
  readonly shuffled: <T>(entries: readonly T[]) => T[]
}

/** The choices that belong to a text. */
export function randomOf(text: string): Random {
  const unit = randomFrom(text)
  const below = (count: number): number => Math.min(count - 1, Math.floor(unit() * count))
  return {
    unit,
    below,
    chance: (probability) => unit() < probability,
    of: (entries) => entries[below(entries.length)]!,
    shuffled: (entries) => {
      const list = [...entries]
      for (let i = list.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[list[i], list[j]] = [list[j]!, list[i]!]
      }
      return list
    },
  }
}
