// Initializers: a key, a shape and the fans of a layer in, a float32 tensor out. Normal ones are truncated at two standard
// deviations and rescaled to the variance named, as in Keras and JAX.

import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { mul } from '../ops/arithmetic.ts'
import { full } from '../ops/creation.ts'
import { truncatedNormal, uniform } from '../random/index.ts'

/** How many inputs an output depends on, and how many outputs an input reaches. */
export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

/** Makes the first value of a parameter. */
export type Initializer = (key: Tensor, shape: Shape, fans: Fans) => Tensor

const uniformWithin = (key: Tensor, shape: Shape, limit: number): Tensor =>
  uniform(key, shape, { min: -limit, max: limit })

/** The standard deviation of a standard normal distribution truncated at ±2. */
const TRUNCATED_DEVIATION = 0.87962566103423978

type Variance = (fans: Fans) => number

const uniformOf =
  (variance: Variance): Initializer =>
  (key, shape, fans) =>
    uniformWithin(key, shape, Math.sqrt(3 * variance(fans)))

const normalOf =
  (variance: Variance): Initializer =>
  (key, shape, fans) =>
    mul(truncatedNormal(key, shape), Math.sqrt(variance(fans)) / TRUNCATED_DEVIATION)

const glorot: Variance = ({ fanIn, fanOut }) => 2 / Math.max(1, fanIn + fanOut)
const he: Variance = ({ fanIn }) => 2 / Math.max(1, fanIn)
const lecun: Variance = ({ fanIn }) => 1 / Math.max(1, fanIn)

/** Variance `2 / (fanIn + fanOut)`, uniform. Glorot and Bengio, 2010. */
export const glorotUniform: Initializer = uniformOf(glorot)
/** Variance `2 / (fanIn + fanOut)`, normal. Glorot and Bengio, 2010. */
export const glorotNormal: Initializer = normalOf(glorot)
/** Variance `2 / fanIn`, uniform: for relu. He et al., 2015. */
export const heUniform: Initializer = uniformOf(he)
/** Variance `2 / fanIn`, normal: for relu. He et al., 2015. */
export const heNormal: Initializer = normalOf(he)
/** Variance `1 / fanIn`, uniform. LeCun et al., 1998. */
export const lecunUniform: Initializer = uniformOf(lecun)
/** Variance `1 / fanIn`, normal. LeCun et al., 1998. */
export const lecunNormal: Initializer = normalOf(lecun)
/** Uniform within `±1 / √fanIn`: what PyTorch's Linear takes for kernel and bias. */
export const pytorchDefault: Initializer = (key, shape, { fanIn }) =>
  uniformWithin(key, shape, 1 / Math.sqrt(Math.max(1, fanIn)))

/**
 * Uniform within `±limit`, whatever the fans.
 * @throws ArgumentError unless the limit is a finite number >= 0.
 */
export function uniformUpTo(limit: number): Initializer {
  if (!(limit >= 0 && limit < Infinity))
    throw new ArgumentError(`initializers.uniformUpTo: expected a finite number >= 0, got ${limit}`)
  return (key, shape) => uniformWithin(key, shape, limit)
}

/**
 * One value everywhere.
 * @throws ArgumentError unless it is a finite number.
 */
export function constant(value: number): Initializer {
  if (!Number.isFinite(value)) throw new ArgumentError(`initializers.constant: expected a finite number, got ${value}`)
  return (_key, shape) => full(shape, value)
}

/** Zeros. */
export const zeros: Initializer = constant(0)
/** Ones. */
export const ones: Initializer = constant(1)
