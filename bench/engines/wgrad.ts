// wgrad, through its public API only: one trainer, the dataset resident, as many steps per submit as the trainer likes.

import { createTrainer, type HostArray, metrics, optim, type PerSample, setDevice, type Split } from 'wgrad'
import type { Dataset, Engine, Session, Workload } from './engine.ts'
import { wgradModel } from './wgradModels.ts'

// Milliseconds of device time per submit: what wgrad takes in Node and what it takes in a page, which has to stay live.
const largeBudget = 50
const visibleBudget = 6

/** Opens wgrad on `webgpu`, on `webgpu-visible` (WebGPU with the submit budget of a visible page), or on `cpu`. */
export async function openWgrad(device: string, workload: Workload): Promise<Engine> {
  const kind = device === 'webgpu-visible' ? 'webgpu' : device
  if (kind !== 'webgpu' && kind !== 'cpu') throw new Error(`wgrad has no device ${device}`)
  const opened = await setDevice(kind)
  const submitBudget = device === 'webgpu-visible' ? visibleBudget : largeBudget
  return {
    device: `wgrad ${opened.kind} ${opened.name}`,
    prepare: (batchSize) => prepareWgrad(workload, batchSize, submitBudget),
  }
}

/** What the trainer of a workload is made of. */
export function trainerOptions({ model, optimizer, params, dataset, order, test }: Workload, batchSize: number) {
  const { learningRate } = optimizer
  const scores: Record<string, PerSample> = test === undefined ? {} : { accuracy: metrics.accuracy }
  return {
    ...wgradModel(model, params),
    optimizer: optimizer.kind === 'sgd' ? optim.sgd({ learningRate }) : optim.adam({ learningRate }),
    data: { train: split(dataset), ...(test === undefined ? {} : { test: split(test) }) },
    metrics: scores,
    batchSize,
    seed: 0,
    order: () => order,
  }
}

async function prepareWgrad(workload: Workload, batchSize: number, submitBudget: number): Promise<Session> {
  const trainer = await createTrainer({ ...trainerOptions(workload, batchSize), submitBudget })
  return {
    async run(steps) {
      let loss = NaN
      for await (const report of trainer.run({ steps })) loss = report.losses.at(-1) ?? loss
      return loss
    },
    async accuracy() {
      const evaluation = await trainer.evaluate()
      return evaluation.metrics['accuracy'] ?? NaN
    },
    dispose: () => trainer.dispose(),
  }
}

function split({ count, sampleShape, inputs, targets }: Dataset): Split {
  const perSample = targets.length / count
  return {
    inputs: hostArray([count, ...sampleShape], inputs),
    targets: hostArray(perSample === 1 ? [count] : [count, perSample], targets),
  }
}

function hostArray(shape: readonly number[], data: Uint8Array | Int32Array): HostArray {
  return data instanceof Uint8Array ? { shape, dtype: 'uint8', data } : { shape, dtype: 'int32', data }
}
