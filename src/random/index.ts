// Random numbers from explicit keys: the namespace `random`.

export { categorical, type CategoricalOptions, gumbel } from './categorical.ts'
export { bernoulli, type DrawDType, type DrawOptions, normal, randint, truncatedNormal, type TruncatedNormalOptions, uniform, type UniformOptions } from './distributions.ts' // prettier-ignore
export { bits, foldIn, key, split, splitKeys } from './keys.ts'
export { permutation } from './permutation.ts'
