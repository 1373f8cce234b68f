// Follows a run of keras-mlp.json with createTrainer: PyTorch's initial weights, batch order and learning rates.

import { createTrainer, losses, metrics, nn, optim, type Device, type Trainer } from 'wgrad'
import { images, KERAS_MLP, labels, order, weights } from '../goldens/kerasMlp.ts'
import { kerasMlpGolden, type MlpRun } from '../goldens/read.ts'

type RunName = keyof ReturnType<typeof kerasMlpGolden>['runs']

function optimizerOf({ optimizer }: MlpRun, learningRate: number) {
  const { kind, momentum = 0, nesterov = false, weightDecay = 0, beta1, beta2, epsilon } = optimizer
  if (kind === 'sgd') return optim.sgd({ learningRate, momentum, nesterov, weightDecay })
  return optim.adam({
    learningRate,
    ...(beta1 === undefined ? {} : { beta1 }),
    ...(beta2 === undefined ? {} : { beta2 }),
    ...(epsilon === undefined ? {} : { epsilon }),
  })
}

/** A trainer that starts where the golden run starts. */
export function goldenTrainer(
  run: MlpRun,
  device: Device,
  more: { readonly microBatchSize?: number } = {},
): Promise<Trainer<'accuracy'>> {
  const { w1, b1, w2, b2 } = weights()
  const split = { inputs: images(), targets: labels() }
  return createTrainer({
    model: nn.sequential([nn.flatten(), nn.dense(KERAS_MLP.hidden), nn.relu(), nn.dense(KERAS_MLP.classes)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optimizerOf(run, run.learningRates[0]!.rate),
    data: { train: split, test: split },
    batchSize: KERAS_MLP.batchSize,
    metrics: { accuracy: metrics.accuracy },
    order,
    initialParams: [{}, { kernel: w1, bias: b1 }, {}, { kernel: w2, bias: b2 }],
    device,
    ...more,
  })
}

/** The largest relative difference of any step's loss from PyTorch's float64 run, and of the final evaluation's. */
export async function followGolden(
  name: RunName,
  device: Device,
  more: { readonly microBatchSize?: number } = {},
): Promise<{ losses: number; evaluation: number; steps: number }> {
  const run = kerasMlpGolden().runs[name]
  const trainer = await goldenTrainer(run, device, more)
  const seen: number[] = []
  for (const [i, { step, rate }] of run.learningRates.entries()) {
    trainer.learningRate = rate
    const until = run.learningRates[i + 1]?.step ?? run.steps
    for await (const report of trainer.run({ steps: until - step })) seen.push(...report.losses)
  }
  const { loss } = await trainer.evaluate()
  await trainer.dispose()
  const differences = run.float64.losses.map((expected, i) => Math.abs(seen[i]! - expected) / expected)
  const expected = run.float64.evaluation.loss
  return { losses: Math.max(...differences), evaluation: Math.abs(loss - expected) / expected, steps: seen.length }
}
