// Runs in the page: the CPU backend on the browser's WebAssembly, which may add products without rounding them first, and on its threads.

import { createTrainer, data, losses, nn, optim, setDevice } from '../../src/index.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { compilePanelProduct, panelProductOf } from '../../src/backend/cpu/panelProduct.ts'
import { BLOCK_PRODUCTS, checkProducts } from '../ops/products.ts'

/** `(1 + 2^-12)^2 - 1` as the product of panels gives it. */
function square(): number {
  const panels = panelProductOf(compilePanelProduct()!)
  const floats = panels.reserve(8 + 16 + 32)
  floats.fill(1, 0, 24)
  floats[0] = -1
  floats[4] = 1 + 2 ** -12
  floats[8 + 8] = 1 + 2 ** -12
  panels.run(0, 4, 16, 32, 4 * 8, 4 * 24, 1, 1, 2, 4 * 8, 0)
  return floats[24]!
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
  return { name: backend.name, square: square(), worst, failures, threads, trained: one.length, sameBits }
}
