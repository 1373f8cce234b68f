// Graphs of several primitives that exercise what single ones cannot: fusion across contractions and reductions, several
// outputs, and state that is updated in place while others still read it.

import { grad, valueAndGrad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, cast, div, equal, maximum, mul, neg, square, sub, where } from '../../src/ops/arithmetic.ts'
import { relu } from '../../src/ops/activations.ts'
import { exp, sqrt, tanh } from '../../src/ops/elementary.ts'
import { argMax, logSoftmax, logSumExp, max, mean, softmax, sum } from '../../src/ops/reductions.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { concat, expandDims, flip, pad, reshape, slice, transpose } from '../../src/ops/shaping.ts'
import { oneHot } from '../../src/ops/creation.ts'
import { gather, scatterAdd } from '../../src/ops/gathering.ts'
import type { Composite } from './composite.ts'
import { integers, type Operand, uniform } from './sample.ts'

function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const classes = logits.shape.at(-1)!
  return mean(neg(sum(mul(oneHot(labels, classes), logSoftmax(logits)), -1)))
}

const images = (batch: number, size: number): Operand => uniform([batch, size], 0, 1)
const weights = (rows: number, columns: number): Operand => uniform([rows, columns], -0.5, 0.5)
const labelsOf = (batch: number, classes: number): Operand => integers([batch], 0, classes - 1)
const learningRates = (call: number): number[] => [0.1 / (call + 1)]

/** The operands of a step of a two-layer perceptron: w1, b1, w2, b2, then `slots` like them, then x and labels. */
function perceptron(batch: number, features: number, hidden: number, classes: number, slots: number): Operand[] {
  const parameters = [weights(features, hidden), uniform([hidden]), weights(hidden, classes), uniform([classes])]
  const zeros = Array.from({ length: slots }, () =>
    parameters.map((operand) => ({ ...operand, values: (count: number) => Array.from({ length: count }, () => 0) })),
  )
  return [...parameters, ...zeros.flat(), images(batch, features), labelsOf(batch, classes)]
}

type Params = readonly [Tensor, Tensor, Tensor, Tensor]

function lossAndGradients(
  params: readonly Tensor[],
  x: Tensor,
  labels: Tensor,
): { loss: Tensor; accuracy: Tensor; gradients: Params } {
  const forward = ([v1, c1, v2, c2]: Params): [Tensor, Tensor] => {
    const logits = add(matmul(relu(add(matmul(x, v1), c1)), v2), c2)
    return [crossEntropy(logits, labels), mean(cast(equal(argMax(logits), labels), 'float32'))]
  }
  const [w1, b1, w2, b2] = params
  const [[loss, accuracy], gradients] = valueAndGrad(forward, { hasAux: true })([w1!, b1!, w2!, b2!])
  return { loss, accuracy, gradients }
}

/** An SGD step of a two-layer perceptron. */
export function sgdStep(name: string, batch: number, features: number, hidden: number, classes: number): Composite {
  return {
    name: `${name}: SGD step of ${batch} x ${features}-${hidden}-${classes}`,
    inputs: perceptron(batch, features, hidden, classes, 0),
    args: learningRates,
    build: (inputs, [rate]) => {
      const { loss, accuracy, gradients } = lossAndGradients(inputs, inputs[4]!, inputs[5]!)
      return [...gradients.map((gradient, i) => sub(inputs[i]!, mul(rate!, gradient))), loss, accuracy]
    },
    state: [0, 1, 2, 3, null, null],
    ring: [false, false, false, false, true, true],
  }
}

const training: Composite[] = [
  sgdStep('small', 7, 5, 6, 3),
  sgdStep('vectors of four', 16, 20, 12, 4),
  sgdStep('past tiles', 33, 70, 36, 10),
  sgdStep('one sample', 1, 9, 8, 10),
  {
    name: 'momentum step',
    inputs: perceptron(8, 10, 12, 4, 1),
    args: (call) => [0.1 / (call + 1), 0.9],
    build: (inputs, [rate, momentum]) => {
      const { loss, gradients } = lossAndGradients(inputs, inputs[8]!, inputs[9]!)
      const velocities = gradients.map((gradient, i) => add(mul(momentum!, inputs[4 + i]!), gradient))
      return [...velocities.map((velocity, i) => sub(inputs[i]!, mul(rate!, velocity))), ...velocities, loss]
    },
    state: [0, 1, 2, 3, 4, 5, 6, 7, null],
    ring: [...Array.from({ length: 8 }, () => false), true],
  },
  {
    name: 'Adam step',
    inputs: perceptron(9, 6, 8, 3, 2),
    args: (call) => [0.01, 1 / (1 - 0.9 ** (call + 1)), 1 / (1 - 0.999 ** (call + 1))],
    build: (inputs, [rate, first, second]) => {
      const { loss, gradients } = lossAndGradients(inputs, inputs[12]!, inputs[13]!)
      const means = gradients.map((gradient, i) => add(mul(inputs[4 + i]!, 0.9), mul(gradient, 0.1)))
      const squares = gradients.map((gradient, i) => add(mul(inputs[8 + i]!, 0.999), mul(square(gradient), 0.001)))
      const updated = means.map((m, i) =>
        sub(inputs[i]!, mul(rate!, div(mul(m, first!), add(sqrt(mul(squares[i]!, second!)), 1e-3)))),
      )
      return [...updated, ...means, ...squares, loss]
    },
    state: [...Array.from({ length: 12 }, (_, i) => i), null],
    ring: [...Array.from({ length: 12 }, () => false), true],
  },
  {
    name: 'embedding with scatter-add',
    inputs: [weights(11, 4), weights(4, 3), integers([6], 0, 10), labelsOf(6, 3)],
    args: learningRates,
    build: ([table, w, words, labels], [rate]) => {
      const loss = ([t, v]: readonly [Tensor, Tensor]): Tensor => crossEntropy(matmul(gather(t, words!), v), labels!)
      const [value, [dTable, dW]] = valueAndGrad(loss)([table!, w!])
      return [sub(table!, mul(rate!, dTable)), sub(w!, mul(rate!, dW)), value]
    },
    state: [0, 1, null],
  },
]

const pure: Composite[] = [
  {
    name: 'softmax cross-entropy with its gradient',
    inputs: [uniform([9, 10], -4, 4), labelsOf(9, 10)],
    build: ([logits, labels]) => {
      const [loss, gradient] = valueAndGrad((z: Tensor) => crossEntropy(z, labels!))(logits!)
      return [loss, gradient]
    },
  },
  {
    name: 'softmax over rows longer than a local array',
    inputs: [uniform([3, 700], -4, 4)],
    build: ([x]) => [softmax(x!), logSumExp(x!), grad((z: Tensor) => sum(square(softmax(z))))(x!)],
  },
  {
    name: 'softmax over columns',
    inputs: [uniform([12, 7], -4, 4)],
    build: ([x]) => [softmax(x!, 0), logSoftmax(x!, 0)],
  },
  {
    name: 'layer norm, forward and backward',
    inputs: [uniform([6, 20]), uniform([20]), uniform([20]), uniform([6, 20])],
    build: ([x, scale, shift, target]) => {
      const norm = (z: Tensor, s: Tensor, b: Tensor): Tensor => {
        const centred = sub(z, mean(z, -1, true))
        return add(mul(div(centred, sqrt(add(mean(square(centred), -1, true), 1e-3))), s), b)
      }
      const loss = ([z, s, b]: readonly [Tensor, Tensor, Tensor]): Tensor => mean(square(sub(norm(z, s, b), target!)))
      const [value, gradients] = valueAndGrad(loss)([x!, scale!, shift!])
      return [norm(x!, scale!, shift!), value, ...gradients]
    },
  },
  {
    name: 'views between contractions',
    inputs: [uniform([6, 8]), uniform([8, 10]), integers([5], 0, 11), uniform([9, 4])],
    build: ([a, b, rows, c]) => {
      const product = matmul(a!, b!) // [6, 10]
      const moved = reshape(transpose(product), [12, 5])
      const padded = pad(slice(moved, [0, 1], [12, 5], [1, 1]), [[0, 0], [3, 2]], 0.5) // prettier-ignore
      const taken = flip(gather(padded, rows!), 1) // [5, 9]
      return [matmul(taken, c!), grad((z: Tensor) => sum(square(matmul(flip(gather(pad(reshape(transpose(matmul(z, b!)), [12, 5]), [[0, 0], [4, 0]]), rows!), 1), c!))))(a!)] // prettier-ignore
    },
  },
  {
    name: 'attention',
    inputs: [uniform([2, 3, 5, 4]), uniform([2, 3, 5, 4]), uniform([2, 3, 5, 4])],
    build: ([q, k, v]) => {
      const attend = ([a, b, c]: readonly [Tensor, Tensor, Tensor]): Tensor =>
        matmul(softmax(mul(matmul(a, b, { transposeB: true }), 0.5)), c)
      return [
        attend([q!, k!, v!]),
        ...grad((args: readonly [Tensor, Tensor, Tensor]) => sum(square(attend(args))))([q!, k!, v!]),
      ]
    },
  },
  {
    name: 'several outputs of one chain, some of them inputs, one twice',
    inputs: [uniform([4, 5]), uniform([5])],
    build: ([x, b]) => {
      const y = tanh(add(x!, b!))
      const total = sum(y, 0)
      return [y, x!, total, y, b!, max(y, 1), mul(total, b!), transpose(y)]
    },
  },
  {
    name: 'shared costly maps and repeated readers',
    inputs: [uniform([6, 7]), uniform([7, 5])],
    build: ([x, w]) => {
      const e = exp(mul(x!, 0.5))
      return [matmul(e, w!), sum(e, 1), matmul(e, e, { transposeB: true }), maximum(e, 1)]
    },
  },
  {
    name: 'joined parts and branches',
    inputs: [uniform([3, 4]), uniform([2, 4]), uniform([4])],
    build: ([a, b, c]) => {
      const joined = concat([a!, mul(b!, 2), expandDims(c!, 0)])
      return [
        joined,
        sum(joined, 0),
        where(equal(argMax(joined, 1), 2), sum(joined, 1), mean(joined, 1)),
        scatterAdd(argMax(joined, 1), joined, 4),
      ]
    },
  },
  {
    name: 'more parts than a device binds',
    inputs: Array.from({ length: 12 }, () => uniform([3, 4])),
    build: (parts) => {
      const joined = concat(parts)
      const total = parts.reduce((a, b) => add(a, mul(b, 0.5)))
      return [joined, total, matmul(joined, transpose(total)), sum(mul(joined, joined), 1)]
    },
  },
  {
    name: 'bytes gathered and converted by the products that read them',
    inputs: [integers([24, 12, 8], 0, 255, 'uint8'), integers([32], 0, 23), weights(96, 64)],
    build: ([bytes, order, w]) => {
      const x = reshape(div(cast(gather(bytes!, order!), 'float32'), 255), [32, 96])
      const y = relu(matmul(x, w!))
      return [y, matmul(transpose(x), y)]
    },
  },
  {
    name: 'empty batches',
    inputs: [uniform([0, 4]), uniform([4, 3]), uniform([3])],
    build: ([x, w, b]) => {
      const y = relu(add(matmul(x!, w!), b!))
      return [y, sum(y, 0), matmul(transpose(x!), y)]
    },
  },
  {
    name: 'contractions with extents of 1',
    inputs: [uniform([1, 6]), uniform([6, 1]), uniform([1])],
    build: ([x, w, b]) => {
      const loss = ([v, c]: readonly [Tensor, Tensor]): Tensor => sum(square(tanh(add(matmul(x!, v), c))))
      return [...grad(loss)([w!, b!]), matmul(w!, x!)]
    },
  },
]

const matrix = uniform([6, 6], -0.6, 0.6)

/** Orthogonal rows, so that powers neither vanish nor grow. */
const rotation: Operand = {
  ...matrix,
  values: (count, random) => {
    const size = Math.sqrt(count)
    const rows: number[][] = []
    for (let i = 0; i < size; i++) {
      let row = Array.from({ length: size }, () => random() - 0.5)
      for (const other of rows) {
        const overlap = row.reduce((total, x, j) => total + x * other[j]!, 0)
        row = row.map((x, j) => x - overlap * other[j]!)
      }
      const length = Math.hypot(...row)
      rows.push(row.map((x) => x / length))
    }
    return rows.flat()
  },
}

const stateful: Composite[] = [
  { name: 'swapped state', inputs: [matrix, matrix], build: ([a, b]) => [b!, a!], state: [0, 1] },
  {
    name: 'rotated state',
    inputs: [matrix, matrix, matrix],
    build: ([a, b, c]) => [b!, mul(c!, 0.5), a!],
    state: [0, 1, 2],
  },
  { name: 'state that stays', inputs: [matrix, matrix], build: ([a, b]) => [a!, add(a!, b!)], state: [0, 1] },
  { name: 'p = p @ p', inputs: [rotation], build: ([p]) => [matmul(p!, p!)], state: [0] },
  { name: 'p = p - 0.1 (p @ p)', inputs: [matrix], build: ([p]) => [sub(p!, mul(matmul(p!, p!), 0.1))], state: [0] },
  { name: 'p = p + transpose(p)', inputs: [matrix], build: ([p]) => [mul(add(p!, transpose(p!)), 0.5)], state: [0] },
  { name: 'p = p - mean(p)', inputs: [matrix], build: ([p]) => [sub(p!, mean(p!))], state: [0] },
  {
    name: 'p = p / row sums',
    inputs: [uniform([5, 4], 0.5, 1.5)],
    build: ([p]) => [div(p!, sum(p!, 1, true))],
    state: [0],
  },
  { name: 'p = softmax(p)', inputs: [uniform([5, 4])], build: ([p]) => [softmax(p!)], state: [0] },
  { name: 'p = flip(p)', inputs: [matrix], build: ([p]) => [flip(p!)], state: [0] },
  {
    name: 'two updates that read both old values',
    inputs: [matrix, matrix],
    build: ([a, b]) => [mul(add(a!, b!), 0.5), sub(a!, b!)],
    state: [0, 1],
  },
  {
    name: 'updates through contractions of each other',
    inputs: [matrix, matrix],
    build: ([a, b]) => [sub(a!, mul(matmul(b!, a!), 0.1)), sub(b!, mul(matmul(a!, b!), 0.1))],
    state: [0, 1],
  },
  {
    name: 'metrics that read what is updated',
    inputs: [matrix, uniform([6])],
    build: ([p, x]) => [mul(p!, 0.9), sum(p!), matmul(expandDims(x!, 0), p!), sum(mul(p!, 0.9))],
    state: [0, null, null, null],
    ring: [false, true, false, true],
  },
  {
    name: 'an updated value read by a later contraction',
    inputs: [matrix, matrix],
    args: learningRates,
    build: ([p, x], [rate]) => {
      const next = sub(p!, mul(rate!, matmul(x!, p!)))
      return [next, matmul(x!, next), sum(square(next))]
    },
    state: [0, null, null],
  },
  {
    name: 'one value as the next state of two',
    inputs: [matrix, matrix],
    build: ([a, b]) => {
      const next = mul(add(a!, b!), 0.4)
      return [next, next]
    },
    state: [0, 1],
  },
  {
    name: 'a counter and a running mean',
    inputs: [integers([], 0, 0), uniform([5]), uniform([8, 5])],
    build: ([count, average, x]) => [add(count!, 1), add(mul(average!, 0.9), mul(mean(x!, 0), 0.1)), add(count!, 1)],
    state: [0, 1, null],
  },
  {
    name: 'arguments alone',
    inputs: [uniform([3])],
    args: (call) => [call, -call],
    build: ([x], [a, b]) => [add(x!, a!), mul(a!, b!), b!],
    state: [0, null, null],
    ring: [false, true, true],
  },
]

/** All composites. */
export const COMPOSITES: readonly Composite[] = [...training, ...pure, ...stateful]
