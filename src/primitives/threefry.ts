// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a key of two uint32
// words and a counter of two in, two words out. Additions, shifts and exclusive ors on uint32 are exact, so every device gives the
// same bits.

import { formatAval, sameAval } from '../core/aval.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar } from '../ir/scalar.ts'
import { elementwise } from './reference.ts'

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const
const KEY_PARITY = 0x1bd11bda // makes the key schedule of an all-zero key nonzero

/** Which of the two words that a counter is hashed to. */
export interface Word {
  readonly [key: string]: number
  readonly word: 0 | 1
}

/** The hash of counters (high and low words, operands 2 and 3) under keys (operands 0 and 1), all uint32 of one shape. */
export const threefry: PrimitiveFunction<Word> = definePrimitive({
  name: 'threefry',
  differentiable: false,
  shape: ([first, ...others]) => {
    const other = others.find((aval) => !sameAval(aval, first!))
    if (other !== undefined)
      throw new ShapeError(`threefry: operands differ: ${formatAval(first!)} and ${formatAval(other)}`)
    if (first!.dtype !== 'uint32') throw new DTypeError(`threefry: takes uint32 words, got ${formatAval(first!)}`)
    return first!
  },
  reference: (words, { word }) => elementwise([...words], (k0, k1, x, y) => hash([k0!, k1!], [x!, y!])[word]),
  lower: (_, { word }) => ({
    kind: 'map',
    element: ([k0, k1, x, y]) => hashScalars([k0!, k1!], [x!, y!])[word],
  }),
  vjp: () => [null, null, null, null],
})

type Pair<T> = readonly [T, T]

/** The hash as the compiler sees it. */
function hashScalars(key: Pair<Scalar>, counter: Pair<Scalar>): Pair<Scalar> {
  const word = (value: number): Scalar => constant('uint32', value)
  const add = (a: Scalar, b: Scalar): Scalar => binary('add', a, b)
  const xor = (a: Scalar, b: Scalar): Scalar => binary('xor', a, b)
  const rotate = (x: Scalar, by: number): Scalar =>
    binary('or', binary('shl', x, word(by)), binary('shr', x, word(32 - by)))

  const schedule = [key[0], key[1], xor(xor(key[0], key[1]), word(KEY_PARITY))] as const
  let x = add(counter[0], schedule[0])
  let y = add(counter[1], schedule[1])
  for (let group = 0; group < 5; group++) {
    for (const rotation of ROTATIONS[group % 2]!) {
      x = add(x, y)
      y = xor(rotate(y, rotation), x)
    }
    x = add(x, schedule[(group + 1) % 3]!)
    y = add(add(y, schedule[(group + 2) % 3]!), word(group + 1))
  }
  return [x, y]
}

/** The hash in whole numbers modulo 2^32, round by round as the paper numbers them. */
function hash(key: Pair<number>, counter: Pair<number>): Pair<number> {
  const keys = [...key, (key[0] ^ key[1] ^ KEY_PARITY) >>> 0]
  const sum = (...parts: readonly number[]): number => parts.reduce((a, b) => a + b, 0) % 2 ** 32
  let [x, y] = [sum(counter[0], keys[0]!), sum(counter[1], keys[1]!)]
  for (let round = 0; round < 20; round++) {
    const by = ROTATIONS[Math.floor(round / 4) % 2]![round % 4]!
    x = sum(x, y)
    const turned = (y % 2 ** (32 - by)) * 2 ** by + Math.floor(y / 2 ** (32 - by))
    y = (turned ^ x) >>> 0
    if (round % 4 !== 3) continue
    const injection = (round + 1) / 4
    x = sum(x, keys[injection % 3]!)
    y = sum(y, keys[(injection + 1) % 3]!, injection)
  }
  return [x, y]
}
