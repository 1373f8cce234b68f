// wgrad, through its public API only: one trainer, the dataset resident, as many steps per submit as the trainer likes.

import { createTrainer, losses, nn, optim, setDevice } from 'wgrad'
import type { HostArray } from '../../src/core/hostArray.ts'
import type { Dataset, Engine, Session, Task } from './engine.ts'

/** Opens wgrad on `webgpu` or `cpu`. */
export async function openWgrad(device: string, dataset: Dataset): Promise<Engine> {
  if (device !== 'webgpu' && device !== 'cpu') throw new Error(`wgrad has no device ${device}`)
  const opened = await setDevice(device)
  return { device: `wgrad ${opened.kind} ${opened.name}`, prepare: (task) => prepareWgrad(task, dataset) }
}

async function prepareWgrad(task: Task, dataset: Dataset): Promise<Session> {
  const { count, features, classes } = dataset
  const split = { inputs: uint8([count, features], dataset.images), targets: uint8([count], dataset.labels) }
  const trainer = await createTrainer({
    model: nn.sequential([nn.dense(task.hidden), nn.relu(), nn.dense(classes)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.sgd({ learningRate: task.learningRate }),
    data: { train: split },
    batchSize: task.batchSize,
    seed: 0,
    initialParams: paramsTree(task, dataset),
    order: () => task.order,
    submitBudget: 50, // what a page that is not visible, or Node, uses
  })
  return {
    async run(steps) {
      let loss = NaN
      for await (const report of trainer.run({ steps })) loss = report.losses.at(-1) ?? loss
      return loss
    },
    dispose: () => trainer.dispose(),
  }
}

/** The task's weights in the structure of the model's `params`: the one place that knows it. */
function paramsTree({ params, hidden }: Task, { features, classes }: Dataset) {
  return [
    { kernel: float32([features, hidden], params.w1), bias: float32([hidden], params.b1) },
    {},
    { kernel: float32([hidden, classes], params.w2), bias: float32([classes], params.b2) },
  ]
}

function uint8(shape: readonly number[], data: Uint8Array): HostArray {
  return { shape, dtype: 'uint8', data }
}

function float32(shape: readonly number[], data: Float32Array): HostArray {
  return { shape, dtype: 'float32', data }
}
