import { test } from 'vitest'
import * as w from 'wgrad'
for (const kind of ['cpu','webgpu'] as const) test(kind, async () => {
  const dev = await w.setDevice(kind); console.log(dev.name)
  console.log((await dev.selfTest()).filter(r => !r.ok))
  const dataset = await w.data.mnist({ source: '/work/shared/mnist' })
  const model = w.nn.sequential([w.nn.flatten(), w.nn.dense(128), w.nn.relu(), w.nn.dense(10)])
  const t0 = performance.now()
  const trainer = await w.createTrainer({ model, loss: w.losses.softmaxCrossEntropy, optimizer: w.optim.sgd({ learningRate: 0.1 }), data: dataset, batchSize: 128, metrics: { accuracy: w.metrics.accuracy } })
  console.log('create', performance.now() - t0, 'dispatches', trainer.dispatchesPerStep)
  console.log(trainer.program())
  for await (const r of trainer.run({ epochs: 1, reportEvery: 3000 })) console.log(r.kind, r.step, r.loss.toFixed(4), r.metrics.accuracy.toFixed(4), r.samplesPerSecond.toFixed(0))
  console.log(await trainer.evaluate(), dev.memory())
}, 200000)
