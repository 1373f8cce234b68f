// A small keyed random stream for the generator: a few integer keys enter, a repeatable sequence leaves. Only 32-bit
// integer steps and exact arithmetic are used (no log, sin, cos or powers, which differ between engines in the last
// bit), so that a seed gives the same pixels everywhere. It has nothing to do with the random numbers of tensors.

/** A repeatable sequence of random numbers. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Mean 0, standard deviation 1, within ±3.5: the sum of four uniform numbers. */
  normal(): number
  /** A whole number, uniform in 0 to n - 1. */
  below(n: number): number
}

/** The stream of these integer keys, unrelated to those of others. Generator: sfc32 by Chris Doty-Humphrey. */
export function randomStream(...keys: readonly number[]): RandomStream {
  let hash = 0x9e3779b9
  for (const key of keys) hash = mix(Math.imul(hash, 0x85ebca6b) ^ (key >>> 0))
  let a = hash
  let b = mix(hash ^ 0x243f6a88)
  let c = mix(hash ^ 0xb7e15162)
  let counter = 1

  const bits = (): number => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }
  for (let round = 0; round < 8; round++) bits() // until every bit of the keys has reached every bit of the state

  const uniform = (): number => bits() / 4294967296
  return {
    uniform,
    normal: () => (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772,
    below: (n) => Math.floor(uniform() * n),
  }
}

/** A bijection of 32-bit integers that spreads every bit (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
