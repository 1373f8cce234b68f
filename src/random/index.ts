// Random numbers from explicit keys: the namespace `random`.

export { bernoulli, type DrawDType, type DrawOptions, normal, randint, truncatedNormal, type TruncatedNormalOptions, uniform, type UniformOptions } from './distributions.ts' // prettier-ignore
export { bits, foldIn, key, split, splitKeys } from './keys.ts'
