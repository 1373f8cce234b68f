// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a key of two uint32
// words and counters in, two words per counter out. Additions, shifts and exclusive ors on uint32 are exact, so every device
// gives the same bits.

import type { Tensor } from '../ir/tensor.ts'
import { add, or, shiftLeft, shiftRight, xor } from '../ops/arithmetic.ts'
import { scalar } from '../ops/operand.ts'

/** Two uint32 tensors of one shape: the high and the low word of every 64-bit value. */
export type Words = readonly [Tensor, Tensor]

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const
const KEY_PARITY = 0x1bd11bda // makes the key schedule of an all-zero key nonzero

/**
 * The hash of `counters` under a key whose words are scalars (or of the counters' shape).
 */
export function threefry2x32(key: Words, counters: Words): Words {
  // one literal per value: eager programs pass each as an argument
  const literals = new Map<number, Tensor>()
  const word = (value: number): Tensor => {
    const known = literals.get(value) ?? scalar(value, 'uint32')
    literals.set(value, known)
    return known
  }
  const rotateLeft = (x: Tensor, by: number): Tensor => or(shiftLeft(x, word(by)), shiftRight(x, word(32 - by)))

  const schedule = [key[0], key[1], xor(xor(key[0], key[1]), word(KEY_PARITY))] as const
  let x = add(counters[0], schedule[0])
  let y = add(counters[1], schedule[1])
  for (let group = 0; group < 5; group++) {
    for (const rotation of ROTATIONS[group % 2]!) {
      x = add(x, y)
      y = xor(rotateLeft(y, rotation), x)
    }
    x = add(x, schedule[(group + 1) % 3]!)
    y = add(add(y, schedule[(group + 2) % 3]!), word(group + 1))
  }
  return [x, y]
}
