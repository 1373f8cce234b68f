// The full MNIST run inside an engine's page: data (from files or generated), then everything else timed: opening the
// device, the copy of the data to it, compilation, the epochs, the test. 784-128-10, SGD 0.1, batch 128.

import { data, type Split } from 'wgrad'
import type { Dataset, MlpModel } from '../engines/engine.ts'
import { mlpParams } from '../workloads/mlp.ts'
import { permutation } from '../workloads/random.ts'
import { loadEngine } from './openers.ts'

const batchSize = 128
const model: MlpModel = { kind: 'mlp', features: 784, hidden: [128], classes: 10 }

/** What a run gave; `seconds` is the whole, the others are its parts. */
export interface MnistRun {
  readonly device: string
  readonly source: string
  readonly samples: number
  readonly seconds: number
  readonly openSeconds: number
  readonly trainSeconds: number
  readonly testSeconds: number
  readonly loss: number
  readonly accuracy: number
}

/**
 * Trains `epochs` epochs on the first `samples` samples, less what does not fill a batch; `files` are addresses of MNIST's
 * four files, none for the generated digits.
 */
export async function runMnist(
  id: string,
  { epochs, samples, files }: { epochs: number; samples: number; files: readonly string[] },
): Promise<MnistRun> {
  const dataset = files.length > 0 ? await data.mnistFromFiles(await fetchAll(files)) : await data.digits()
  const count = Math.floor(Math.min(samples, dataset.train.targets.data.length) / batchSize) * batchSize
  const workload = {
    model,
    dataset: flat(dataset.train, count),
    test: flat(dataset.test, dataset.test.targets.data.length),
    optimizer: { kind: 'sgd', learningRate: 0.1 },
    params: mlpParams(model),
    order: permutation(count, 41),
  } as const
  const { open, device } = await loadEngine(id)
  const start = performance.now()
  const engine = await open(device, workload)
  const session = await engine.prepare(batchSize)
  const opened = performance.now()
  const loss = await session.run((epochs * count) / batchSize)
  const trained = performance.now()
  const accuracy = (await session.accuracy?.()) ?? NaN
  const tested = performance.now()
  await session.dispose()
  return {
    device: engine.device,
    source: dataset.source,
    samples: count,
    seconds: (tested - start) / 1000,
    openSeconds: (opened - start) / 1000,
    trainSeconds: (trained - opened) / 1000,
    testSeconds: (tested - trained) / 1000,
    loss,
    accuracy,
  }
}

function fetchAll(files: readonly string[]) {
  return Promise.all(
    files.map(async (address) => {
      const response = await fetch(address)
      if (!response.ok) throw new Error(`${address}: ${response.status}`)
      return { name: address.slice(address.lastIndexOf('/') + 1), bytes: await response.bytes() }
    }),
  )
}

/** The first `count` samples, images as rows. */
function flat({ inputs, targets }: Split, count: number): Dataset {
  return {
    count,
    sampleShape: [784],
    classes: 10,
    inputs: Uint8Array.from(inputs.data.subarray(0, count * 784)),
    targets: Uint8Array.from(targets.data.subarray(0, count)),
  }
}
