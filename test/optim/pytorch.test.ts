// The lecture's Keras model trained from PyTorch's weights, images and batch order (test/goldens/keras-mlp.json): a compiled step
// with donated state, whose learning rate and step number are arguments, must follow PyTorch's losses.

import { expect, test } from 'vitest'
import { valueAndGrad } from '../../src/autodiff/vjp.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { cast, div } from '../../src/ops/arithmetic.ts'
import { softmaxCrossEntropy } from '../../src/ops/losses.ts'
import { mean } from '../../src/ops/reductions.ts'
import * as optim from '../../src/optim/index.ts'
import { fromHost, readData, readItem, tensor } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'
import { images, KERAS_MLP, labels, order, weights } from '../goldens/kerasMlp.ts'
import { kerasMlpGolden, type MlpRun } from '../goldens/read.ts'

const { batchSize, samples, side, pixels, hidden, classes } = KERAS_MLP
const golden = kerasMlpGolden()
const pictures = images()
const answers = labels()
const orders = golden.generator.orders.map((_, epoch) => order(epoch))

const model = nn.sequential([nn.flatten(), nn.dense(hidden), nn.relu(), nn.dense(classes)])
type Params = ReturnType<typeof model.init>['params']

function initialParams(): Params {
  const { w1, b1, w2, b2 } = weights()
  const dense = (kernel: HostArray, bias: HostArray) => ({ kernel: fromHost(kernel), bias: fromHost(bias) })
  return [{}, dense(w1, b1), {}, dense(w2, b2)]
}

function batchOf(step: number): { inputs: Tensor; targets: Tensor } {
  const perEpoch = samples / batchSize
  const rows = orders[Math.floor(step / perEpoch)]!.subarray((step % perEpoch) * batchSize).subarray(0, batchSize)
  const inputs = new Uint8Array(batchSize * pixels)
  rows.forEach((row, i) => inputs.set(pictures.data.subarray(row * pixels, (row + 1) * pixels), i * pixels))
  const targets = Uint8Array.from(rows, (row) => answers.data[row]!)
  return { inputs: tensor(inputs, { shape: [batchSize, side, side] }), targets: tensor(targets) }
}

function lossOf(params: Params, inputs: Tensor, targets: Tensor): Tensor {
  const variables = { params, state: [{}, {}, {}, {}] as const }
  const { output } = model.apply(variables, div(cast(inputs, 'float32'), 255), { training: true })
  return mean(softmaxCrossEntropy(output, targets))
}

async function train(optimizer: optim.Optimizer, steps: number, rateAt: (step: number) => number) {
  const step = jit(
    (
      state: { params: Params; optimizer: optim.OptimizerState },
      batch: ReturnType<typeof batchOf>,
      arg: { rate: number; step: number },
    ) => {
      const [loss, gradients] = valueAndGrad(lossOf)(state.params, batch.inputs, batch.targets)
      const next = optimizer.update(gradients, state.optimizer, state.params, {
        learningRate: arg.rate,
        step: arg.step,
      })
      return { state: { params: next.params, optimizer: next.state }, loss }
    },
    { donate: [0] },
  )
  const start = initialParams()
  let state = { params: start, optimizer: optimizer.init(start) }
  const losses: number[] = []
  for (let k = 0; k < steps; k++) {
    const result = step(state, batchOf(k), { rate: rateAt(k), step: k })
    state = result.state
    losses.push(await readItem(result.loss))
  }
  return { params: state.params, losses }
}

const optimizerOf = ({ kind, ...options }: MlpRun['optimizer']): optim.Optimizer =>
  kind === 'sgd' ? optim.sgd(options) : optim.adam(options)

test.each(Object.entries(golden.runs))(
  'a compiled step follows PyTorch through the whole run "%s"',
  { timeout: 120_000 },
  async (_, run) => {
    const rateAt = (step: number): number => run.learningRates.findLast((entry) => entry.step <= step)!.rate
    const { params, losses } = await train(optimizerOf(run.optimizer), run.steps, rateAt)

    const expected = run.float64.losses
    const worst = Math.max(...losses.map((loss, step) => Math.abs(loss / expected[step]! - 1)))
    expect(losses.length).toBe(expected.length)
    expect(worst).toBeLessThan(1e-5)

    const [, first, , last] = params
    const final = { w1: first.kernel, b1: first.bias!, w2: last.kernel, b2: last.bias! }
    for (const [name, summary] of Object.entries(run.float64.weights)) {
      const values = Float64Array.from(await readData(final[name as keyof typeof final]))
      const scale = Math.sqrt(summary.sumSquares / values.length)
      summary.at.forEach((at, i) =>
        expect(Math.abs(values[at]! - summary.entries[i]!), `${name}[${at}]`).toBeLessThan(1e-4 * scale),
      )
      const sumSquares = values.reduce((sum, value) => sum + value * value, 0)
      expect(Math.abs(sumSquares / summary.sumSquares - 1), name).toBeLessThan(1e-5)
    }
  },
)
