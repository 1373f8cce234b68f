import { test } from 'vitest'
import * as w from 'wgrad'
import { printDispatch } from '../../src/backend/webgpu/wgsl.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { openSession } from '../../src/train/session.ts'
import { deviceOf } from '../../src/runtime/device.ts'
import { FUSE_ALL } from '../../src/compiler/fuse.ts'
import { writeFileSync } from 'node:fs'
const B = Number(process.env.B ?? 128)
test('dump', async () => {
  const backend = createCpuBackend({ target: { kind:'webgpu', maxBindings: 8, pack: true, fuse: FUSE_ALL, software: true, tuning: { identity:'x', contraction: {kind:'registers', rows:8, columns:8}} } })
  const seen: any[] = []
  const device = deviceOf({ ...backend, prepare: async (p: any) => { seen.push(p); return backend.prepare(p) } })
  const dataset = await w.data.digits({ trainCount: 1000, testCount: 10 })
  const model = w.nn.sequential([w.nn.flatten(), w.nn.dense(128), w.nn.relu(), w.nn.dense(10)])
  await openSession({ model, loss: w.losses.softmaxCrossEntropy, optimizer: w.optim.sgd({ learningRate: 0.1 }), data: dataset, batchSize: B, metrics: { accuracy: w.metrics.accuracy } }, device).then(s => s.step(B))
  const p = seen.at(-1)
  writeFileSync('/tmp/dump.wgsl', p.dispatches.map((d: any) => { const c = printDispatch(d, p); return '// groups ' + c.groups + '\n' + c.source }).join('\n//////////\n'))
})
