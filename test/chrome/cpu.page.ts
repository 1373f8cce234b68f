// Runs in the page: the CPU backend on the browser's WebAssembly, which may add products without rounding them first, and on its threads.

import { createTrainer, data, losses, matmul, nn, optim, setDevice, tensor } from '../../src/index.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { BLOCK_PRODUCTS, checkProducts } from '../ops/products.ts'

/** `(1 + 2^-12)^2 - 1` as a product of matrices gives it. */
async function square(): Promise<number> {
  const device = await setDevice('cpu')
  const x = 1 + 2 ** -12
  const product = await matmul(tensor([[-1, x]]), tensor([[1], [x]])).data()
  await device.dispose()
  return product[0]!
}

async function train(threads: number): Promise<number[]> {
  const device = await setDevice('cpu', { threads })
  const trainer = await createTrainer({
    model: nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dense(10)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9 }),
    data: await data.digits({ trainCount: 500, testCount: 100 }),
    batchSize: 96,
    device,
  })
  for await (const report of trainer.run({ epochs: 4 })) void report
  const { state } = await trainer.save()
  await trainer.dispose()
  await device.dispose()
  return Object.values(state).flatMap((array) => Array.from(array.data))
}

/** What the products of the CPU backend are, and whether training on several threads gives the bits of one. */
export async function checkCpu(): Promise<{
  name: string
  square: number
  worst: number
  failures: readonly string[]
  threads: number
  trained: number
  sameBits: boolean
}> {
  const backend = createCpuBackend()
  const { worst, failures } = await checkProducts(backend, BLOCK_PRODUCTS)
  const [one, several] = [await train(1), await train(3)]
  const sameBits = one.length === several.length && one.every((value, i) => Object.is(value, several[i]))
  const threads = Number(backend.info['threads'])
  return { name: backend.name, square: await square(), worst, failures, threads, trained: one.length, sameBits }
}
