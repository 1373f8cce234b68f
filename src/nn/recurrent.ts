// Recurrent layers: a cell carried along the time axis by `scan`. What depends on the inputs alone is one product for all steps; each step
// adds the product of the hidden state with the recurrent kernel.

import { ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { scan } from '../control/scan.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add, and, greaterEqual, less, mul, sub, where } from '../ops/arithmetic.ts'
import { sigmoid } from '../ops/activations.ts'
import { tanh } from '../ops/elementary.ts'
import { indices, zeros as zerosOf } from '../ops/creation.ts'
import { matmul } from '../ops/linalg.ts'
import { slice, transpose } from '../ops/shaping.ts'
import { splitKeys } from '../random/index.ts'
import { glorotUniform, type Initializer, zeros } from './initializers.ts'
import type { Empty, Layer } from './layer.ts'
import { checkInitializers, checkPositive, featuresOf, initialized } from './parameters.ts'

/** Options of recurrent layers. */
export interface RecurrentOptions {
  /** Whether the output is the hidden state of every step, `[B, T, units]`, instead of the last. Default false. */
  readonly returnSequences?: boolean
  /** Whether biases are added; default true. */
  readonly bias?: boolean
  /** Default `glorotUniform`, as in Keras, over all gates together. */
  readonly kernelInitializer?: Initializer
  /** Default `glorotUniform` (Keras: orthogonal). */
  readonly recurrentInitializer?: Initializer
  /** Default `zeros`, as in Keras; an lstm adds 1 to the part of its forget gate. */
  readonly biasInitializer?: Initializer
}

/** `kernel` `[inputs, gates · units]`, `recurrentKernel` `[units, gates · units]`, `bias` (and for gru `recurrentBias`) `[gates · units]`. */
export type RecurrentParams = {
  readonly kernel: Tensor
  readonly recurrentKernel: Tensor
  readonly bias?: Tensor
  readonly recurrentBias?: Tensor
}

/** The state that a cell carries: the hidden state first, which is also its output. */
type Carry = readonly Tensor[]

/** One step: what the inputs and the hidden state give each gate, `[B, gates · units]`, and the carry, to the next carry. */
interface Cell {
  readonly operation: string
  readonly gates: number
  /** How many tensors `[B, units]` it carries. */
  readonly carries: number
  /** Whether the product with the hidden state has a bias of its own. */
  readonly recurrentBias: boolean
  readonly step: (fromInput: Tensor, fromHidden: Tensor, carry: Carry) => Carry
  readonly firstBias: (bias: Tensor, units: number) => Tensor
}

/** Gate `i` of `[B, gates · units]`. */
function gate(x: Tensor, i: number, units: number): Tensor {
  return slice(x, [0, i * units], [x.shape[0]!, (i + 1) * units])
}

function recurrent(cell: Cell, units: number, options: RecurrentOptions): Layer<RecurrentParams, Empty> {
  const { operation, gates } = cell
  const { returnSequences = false, bias = true, biasInitializer = zeros } = options
  const { kernelInitializer = glorotUniform, recurrentInitializer = glorotUniform } = options
  checkPositive(operation, 'units', units)
  checkInitializers(operation, kernelInitializer, recurrentInitializer, biasInitializer)
  const name = `${operation}(${units})`
  const width = gates * units
  const outputShape = (inputShape: Shape): Shape => {
    featuresOf(name, inputShape, 2)
    if (inputShape.length !== 2)
      throw new ShapeError(`${name}: expected samples [T, features], got ${formatShape(inputShape)}`)
    return returnSequences ? [inputShape[0]!, units] : [units]
  }
  return {
    name,
    init: (key, inputShape) => {
      outputShape(inputShape)
      const inputs = featuresOf(name, inputShape, 2)
      const keys = splitKeys(key, 4)
      const make = (initializer: Initializer, i: number, shape: Shape, fanIn: number): Tensor =>
        initialized(name, initializer, keys[i]!, shape, { fanIn, fanOut: width })
      const kernels = {
        kernel: make(kernelInitializer, 0, [inputs, width], inputs),
        recurrentKernel: make(recurrentInitializer, 1, [units, width], units),
      }
      if (!bias) return { params: kernels, state: {} }
      const biases = {
        bias: cell.firstBias(make(biasInitializer, 2, [width], inputs), units),
        ...(cell.recurrentBias ? { recurrentBias: make(biasInitializer, 3, [width], units) } : {}),
      }
      return { params: { ...kernels, ...biases }, state: {} }
    },
    apply: ({ params }, x) => {
      if (x.rank !== 3 || x.shape[2] !== params.kernel.shape[0]) {
        throw new ShapeError(
          `${name}: expected a batch [B, T, ${params.kernel.shape[0]}] for its kernel ${formatShape(params.kernel.shape)}, got ${formatShape(x.shape)}`,
        )
      }
      const biased = (product: Tensor, added: Tensor | undefined): Tensor =>
        added === undefined ? product : add(product, added)
      const xs = transpose(biased(matmul(x, params.kernel), params.bias), [1, 0, 2])
      const start = Array.from({ length: cell.carries }, () => zerosOf([x.shape[0]!, units], xs.dtype))
      const [last, ys] = scan(
        (carry: Carry, fromInput: Tensor): [Carry, Tensor] => {
          const fromHidden = biased(matmul(carry[0]!, params.recurrentKernel), params.recurrentBias)
          const next = cell.step(fromInput, fromHidden, carry)
          return [next, next[0]!]
        },
        start,
        xs,
      )
      return { output: returnSequences ? transpose(ys, [1, 0, 2]) : last[0]!, state: {} }
    },
    outputShape,
  }
}

/**
 * `h ← tanh(x kernel + bias + h recurrentKernel)` along time, from zeros: `[B, T, F]` to the last `[B, units]`, or to all
 * `[B, T, units]`. Elman, 1990.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that are no sequences.
 */
export function simpleRnn(units: number, options: RecurrentOptions = {}): Layer<RecurrentParams, Empty> {
  return recurrent(
    {
      operation: 'simpleRnn',
      gates: 1,
      carries: 1,
      recurrentBias: false,
      step: (fromInput, fromHidden) => [tanh(add(fromInput, fromHidden))],
      firstBias: (bias) => bias,
    },
    units,
    options,
  )
}

/**
 * Long short-term memory: `c ← f c + i g; h ← o tanh(c)` with input, forget and output gates i, f, o (sigmoid) and candidate g (tanh), in the
 * order i, f, g, o along the last axis of the kernels, as in Keras and PyTorch; from zeros: `[B, T, F]` to `[B, units]` or `[B, T, units]`.
 * The forget gate's bias starts at 1, as in Keras. Hochreiter and Schmidhuber, 1997.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that are no sequences.
 */
export function lstm(units: number, options: RecurrentOptions = {}): Layer<RecurrentParams, Empty> {
  return recurrent(
    {
      operation: 'lstm',
      gates: 4,
      carries: 2,
      recurrentBias: false,
      step: (fromInput, fromHidden, carry) => {
        const all = add(fromInput, fromHidden)
        const [i, f, g, o] = [0, 1, 2, 3].map((at) => gate(all, at, units)) as [Tensor, Tensor, Tensor, Tensor]
        const c = add(mul(sigmoid(f), carry[1]!), mul(sigmoid(i), tanh(g)))
        return [mul(sigmoid(o), tanh(c)), c]
      },
      firstBias: (bias, width) => {
        const at = indices(bias.shape, 0)
        return where(and(greaterEqual(at, width), less(at, 2 * width)), add(bias, 1), bias)
      },
    },
    units,
    options,
  )
}

/**
 * Gated recurrent unit: `h ← z h + (1 - z) n` with update and reset gates z, r (sigmoid) and candidate `n = tanh(x_n + r h_n)`, in the order
 * z, r, n along the last axis of the kernels, as in Keras (PyTorch: r, z, n); the reset gate acts after the product with the hidden state,
 * which has a bias of its own, as in both. From zeros: `[B, T, F]` to `[B, units]` or `[B, T, units]`. Cho et al., 2014.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that are no sequences.
 */
export function gru(units: number, options: RecurrentOptions = {}): Layer<RecurrentParams, Empty> {
  return recurrent(
    {
      operation: 'gru',
      gates: 3,
      carries: 1,
      recurrentBias: true,
      step: (fromInput, fromHidden, carry) => {
        const sum = (i: number): Tensor => add(gate(fromInput, i, units), gate(fromHidden, i, units))
        const [z, r] = [sigmoid(sum(0)), sigmoid(sum(1))]
        const n = tanh(add(gate(fromInput, 2, units), mul(r, gate(fromHidden, 2, units))))
        return [add(mul(z, carry[0]!), mul(sub(1, z), n))]
      },
      firstBias: (bias) => bias,
    },
    units,
    options,
  )
}
