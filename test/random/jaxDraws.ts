// Draws with the values that JAX gives for the same keys (goldens/jax-random.json, made by goldens/jax_random.py with JAX 0.10.2,
// partitionable Threefry). One list for every backend: bits, integers and uniform floats must be the same to the last bit,
// what goes through a logarithm the same to rounding.

import { readFileSync } from 'node:fs'
import { random, tensor, type Tensor } from 'wgrad'

/** What jax_random.py writes; float32 draws that must be equal are given as their bits. */
interface JaxGolden {
  readonly jax: string
  readonly split: Readonly<Record<string, readonly (readonly number[])[]>>
  readonly foldIn: Readonly<Record<string, readonly number[]>>
  readonly bits: { readonly flat: readonly number[]; readonly matrix: readonly (readonly number[])[] }
  readonly uniform: readonly number[]
  readonly uniformBetween: readonly number[]
  readonly randint: Readonly<Record<'small' | 'wide' | 'large' | 'empty', readonly number[]>>
  readonly bernoulli: readonly number[]
  readonly bernoulliRow: readonly (readonly number[])[]
  readonly permutation: Readonly<Record<string, readonly number[]>>
  readonly permutationRows: readonly (readonly number[])[]
  readonly permutationVector: readonly number[]
  readonly permutationLarge: {
    readonly count: number
    readonly rounds: number
    readonly checksum: number
    readonly head: readonly number[]
  }
  readonly normal: readonly number[]
  readonly truncatedNormal: readonly number[]
  readonly gumbel: readonly number[]
  readonly categorical: readonly number[]
  readonly categoricalMany: readonly (readonly number[])[]
  readonly categoricalVector: readonly number[]
}

/** The goldens. */
export const jax: JaxGolden = JSON.parse(
  readFileSync(new URL('../goldens/jax-random.json', import.meta.url), 'utf8'),
) as JaxGolden

/** One draw: compared as `bits` of float32, as `exact` numbers, or `near` to 2e-6 relative plus 1e-6 absolute. */
export interface Draw {
  readonly name: string
  readonly make: () => Tensor
  readonly compare: 'bits' | 'exact' | 'near'
  readonly expected: readonly number[]
}

const { key } = random
const LOGITS = [
  [0, 1, 2, -1, 0.5],
  [3, -2, 0, 0, 1],
]

/** Everything that the golden file holds. */
export const DRAWS: readonly Draw[] = [
  ...Object.entries(jax.split).map(([seed, rows]): Draw => {
    const make = () => random.split(key(Number(seed)), 4)
    return { name: `split of key ${seed}`, make, compare: 'exact', expected: rows.flat() }
  }),
  ...Object.entries(jax.foldIn).map(([data, words]): Draw => {
    return {
      name: `foldIn ${data}`,
      make: () => random.foldIn(key(7), Number(data)),
      compare: 'exact',
      expected: words,
    }
  }),
  { name: 'bits', make: () => random.bits(key(1701), [7]), compare: 'exact', expected: jax.bits.flat },
  { name: 'bits [2, 3]', make: () => random.bits(key(3), [2, 3]), compare: 'exact', expected: jax.bits.matrix.flat() },
  { name: 'uniform', make: () => random.uniform(key(5), [9]), compare: 'bits', expected: jax.uniform },
  {
    name: 'uniform from -3 to 5',
    make: () => random.uniform(key(5), [9], { min: -3, max: 5 }),
    compare: 'bits',
    expected: jax.uniformBetween,
  },
  { name: 'randint -3 .. 3', make: () => random.randint(key(1), [12], -3, 4), compare: 'exact', expected: jax.randint.small }, // prettier-ignore
  {
    name: 'randint over all of int32',
    make: () => random.randint(key(2), [8], -(2 ** 31), 2 ** 31 - 1),
    compare: 'exact',
    expected: jax.randint.wide,
  },
  { name: 'randint below 10^9', make: () => random.randint(key(3), [8], 0, 1e9), compare: 'exact', expected: jax.randint.large }, // prettier-ignore
  { name: 'randint of an empty range', make: () => random.randint(key(3), [3], 5, 5), compare: 'exact', expected: jax.randint.empty }, // prettier-ignore
  { name: 'bernoulli', make: () => random.bernoulli(key(4), 0.3, [20]), compare: 'exact', expected: jax.bernoulli },
  {
    name: 'bernoulli with a probability per column',
    make: () => random.bernoulli(key(4), tensor([0.1, 0.5, 0.9]), [4, 3]),
    compare: 'exact',
    expected: jax.bernoulliRow.flat(),
  },
  ...Object.entries(jax.permutation).map(([count, order]): Draw => {
    const make = () => random.permutation(key(Number(count)), Number(count))
    return { name: `permutation of ${count}`, make, compare: 'exact', expected: order }
  }),
  {
    name: 'permutation of the rows of a matrix',
    make: () =>
      random.permutation(
        key(8),
        tensor(
          Float32Array.from({ length: 24 }, (_, i) => i),
          { shape: [6, 4] },
        ),
      ),
    compare: 'exact',
    expected: jax.permutationRows.flat(),
  },
  {
    name: 'permutation of an int32 vector',
    make: () => random.permutation(key(9), tensor([3, 1, 4, 1, 5, 9, 2, 6], { dtype: 'int32' })),
    compare: 'exact',
    expected: jax.permutationVector,
  },
  { name: 'normal', make: () => random.normal(key(0), [2, 4]), compare: 'near', expected: jax.normal },
  { name: 'truncatedNormal', make: () => random.truncatedNormal(key(6), [8]), compare: 'near', expected: jax.truncatedNormal }, // prettier-ignore
  { name: 'gumbel', make: () => random.gumbel(key(12), [10]), compare: 'near', expected: jax.gumbel },
  { name: 'categorical', make: () => random.categorical(key(13), tensor(LOGITS)), compare: 'exact', expected: jax.categorical }, // prettier-ignore
  {
    name: 'categorical, six draws per row',
    make: () => random.categorical(key(14), tensor(LOGITS), { shape: [6, 2] }),
    compare: 'exact',
    expected: jax.categoricalMany.flat(),
  },
  {
    name: 'categorical from one vector',
    make: () => random.categorical(key(15), tensor(LOGITS[0]!), { shape: [16] }),
    compare: 'exact',
    expected: jax.categoricalVector,
  },
]

/** What is wrong with a draw on the default device, or null. */
export async function drawDifference({ make, compare, expected }: Draw): Promise<string | null> {
  const data = await make().data()
  const got =
    compare === 'bits' ? Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length)) : Array.from(data)
  if (got.length !== expected.length) return `${got.length} elements, expected ${expected.length}`
  const allowed = (value: number): number => (compare === 'near' ? 1e-6 + 2e-6 * Math.abs(value) : 0)
  const at = expected.findIndex((value, i) => !(Math.abs(got[i]! - value) <= allowed(value)))
  return at < 0 ? null : `element ${at} is ${got[at]}, expected ${expected[at]}`
}
