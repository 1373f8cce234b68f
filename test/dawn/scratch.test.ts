import { test } from 'vitest'
import * as w from 'wgrad'
const B = Number(process.env.B ?? 128)
test('profile', async () => {
  const dev = await w.setDevice('webgpu')
  const dataset = await w.data.mnist({ source: '/work/shared/mnist' })
  const model = w.nn.sequential([w.nn.flatten(), w.nn.dense(128), w.nn.relu(), w.nn.dense(10)])
  const t0 = performance.now()
  const trainer = await w.createTrainer({ model, loss: w.losses.softmaxCrossEntropy, optimizer: w.optim.sgd({ learningRate: 0.1 }), data: dataset, batchSize: B, metrics: { accuracy: w.metrics.accuracy }, submitBudget: 100 })
  console.log('create ms', performance.now() - t0)
  const proto = (globalThis as any).GPUComputePassEncoder.prototype
  const original = proto.dispatchWorkgroups
  const steps = Math.max(2, Math.min(200, Math.floor(4096 / B)))
  const run = async () => { const t = performance.now(); for await (const _ of trainer.run({ steps, reportEvery: 1e9 })) {} ; return (performance.now() - t) / steps }
  await run()
  console.log('B', B, 'all', (await run()).toFixed(3), 'ms/step', (B*1000/(await run())).toFixed(0), 'samples/s')
  const N = trainer.dispatchesPerStep
  for (let only = -1; only < N; only++) {
    let i = 0
    proto.dispatchWorkgroups = function (...args: any[]) { if (i++ % N === only) original.apply(this, args) }
    await run()
    console.log('dispatch', only, [await run(), await run(), await run()].map(x => x.toFixed(3)).join(' '), 'ms')
  }
  proto.dispatchWorkgroups = original
  if (process.env.SRC) for (const s of (trainer as any).sources?.() ?? []) console.log(s)
}, 200000)
