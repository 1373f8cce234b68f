// The operations of networks: convolutions, pooling, normalization, attention, resizing; and functions with transforms inside.

import { type Entry, float, floatOf, fitting, MOST_ELEMENTS, moved, type Operation, type Pool, rounded, sizeOf } from '../pool.ts' // prettier-ignore

const on =
  (rank: number, choose: (x: Entry, pool: Pool) => ReturnType<Operation>, exactRank = true): Operation =>
  (pool) => {
    const x = pool.pick((entry) => floatOf(rank)(entry) && (!exactRank || entry.shape.length === rank))
    return x === null ? null : choose(x, pool)
  }

const real = (pool: Pool, ...shape: readonly number[]): Entry => pool.input(shape, 'float32', { kind: 'real' })

/** Images: a value of rank 4, or an input. */
const image =
  (choose: (x: Entry, pool: Pool) => ReturnType<Operation>): Operation =>
  (pool) => {
    const known = pool.pick((entry) => floatOf(4)(entry) && entry.shape.length === 4)
    const { random } = pool
    return choose(known !== null && random.chance(0.7) ? known : real(pool, 1 + random.below(2), 3 + random.below(3), 3 + random.below(4), 1 + random.below(3)), pool) // prettier-ignore
  }

const padding = (pool: Pool): 'same' | 'valid' | number => pool.random.of(['same', 'same', 'valid', 1] as const)
const holds = (x: Entry, window: number): boolean => x.shape.slice(1, -1).every((extent) => extent >= window)

/** Operations of networks. */
export const layers: readonly Operation[] = [
  on(3, (x, pool) => {
    const channels = 1 + pool.random.below(4)
    const size = pool.random.of([1, 2, 3])
    if (!holds(x, size) || sizeOf(x.shape.slice(0, -1)) * channels > MOST_ELEMENTS / 2) return null
    return rounded('conv1d', x, real(pool, size, x.shape[2]!, channels), { options: { padding: padding(pool), strides: pool.random.of([1, 1, 2]) } }) // prettier-ignore
  }),
  image((x, pool) => {
    const { random } = pool
    const [channels, size] = [1 + random.below(3), random.of([1, 2, 3])]
    if (!holds(x, size) || sizeOf(x.shape.slice(0, -1)) * channels > MOST_ELEMENTS / 2) return null
    const name = random.of(['conv2d', 'conv2d', 'conv2dTranspose'])
    const dilation = name === 'conv2d' && holds(x, 2 * size) && random.chance(0.3) ? 2 : 1
    const kernel = name === 'conv2d' ? [x.shape[3]!, channels] : [channels, x.shape[3]!]
    return rounded(name, x, real(pool, size, size, ...kernel), { options: { padding: name === 'conv2d' ? padding(pool) : 'same', strides: random.of([1, 1, 2]), ...(dilation > 1 ? { dilation } : {}) } }) // prettier-ignore
  }),
  image((x, pool) => (holds(x, 2) ? rounded('depthwiseConv2d', x, real(pool, 2, 2, x.shape[3]!, 2), { options: { padding: 'same' } }) : null)), // prettier-ignore
  image((x, pool) => (holds(x, 2) ? moved([x], 'maxPool2d', x, 2, { options: { strides: pool.random.of([1, 2]), padding: pool.random.of(['valid', 'same']) } }) : null)), // prettier-ignore
  image((x, pool) => (holds(x, 2) ? rounded('avgPool2d', x, 2, { options: { strides: pool.random.of([1, 2]), padding: pool.random.of(['valid', 'same']) } }) : null)), // prettier-ignore
  image((x) => rounded('globalAveragePool', x)),
  image((x, pool) => rounded('resize', x, [2 + pool.random.below(5), 2 + pool.random.below(5)], { options: { method: pool.random.of(['nearest', 'bilinear']) } })), // prettier-ignore
  on(2, (x) => (x.shape.at(-1)! > 2 ? rounded('layerNorm', x, { options: { epsilon: 0.1 } }) : null), false),
  on(2, (x) => rounded('rmsNorm', x, { options: { epsilon: 0.1 } }), false),
  on(3, (x) => rounded('instanceNorm', x, { options: { epsilon: 0.1 } })),
  on(4, (x, pool) => {
    const [batch, steps, heads, width] = x.shape
    const keys = pool.pick((entry) => floatOf(4)(entry) && entry.shape[0] === batch && entry.shape[2] === heads && entry.shape[3] === width) ?? x // prettier-ignore
    return rounded('attention', x, keys, keys, { options: { causal: keys.shape[1] === steps && pool.random.chance(0.5) } }) // prettier-ignore
  }),
]

/** Functions of transformed.ts. */
export const transforms: readonly Operation[] = [
  (pool) => {
    const x = pool.pick(float)
    const y =
      x === null ? null : pool.pick((entry) => float(entry) && fitting(x.shape)(entry) && fitting(entry.shape)(x))
    return x === null || y === null ? null : rounded('checkpointed', x, y)
  },
  (pool) => {
    const x = pool.pick(float)
    return x === null ? null : rounded('declared', x)
  },
  on(1, (x, pool) => (x.shape[0]! <= 8 ? rounded('recurrent', x, real(pool)) : null), false),
  on(2, (x, pool) => rounded('rowByRow', x, real(pool, x.shape[1]!, 3))),
]
