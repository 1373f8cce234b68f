import { test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { key, foldIn } from '../../src/random/index.ts'
import { jit } from '../../src/runtime/jit.ts'
import { realize } from '../../src/runtime/realize.ts'
import { readItem, tensor } from '../../src/runtime/host.ts'
import { ones } from '../../src/ops/shaping.ts'
import { valueAndGrad } from '../../src/autodiff/vjp.ts'
import { softmaxCrossEntropy } from '../../src/ops/losses.ts'
import { mean } from '../../src/ops/reductions.ts'
import * as optim from '../../src/optim/index.ts'
import { compile } from '../../src/compiler/compile.ts'
import { currentDevice } from '../../src/runtime/device.ts'
import { printProgram } from '../../src/compiler/print.ts'
import { printJavaScript } from '../../src/backend/cpu/javascript.ts'
import { writeFileSync } from 'node:fs'
test('x', async () => {
  for (const [name, m] of Object.entries({
    dropout: nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dropout(0.5), nn.dense(10)]),
  })) {
    const model: nn.Layer = m
    const v = await realize(model.init(key(0), [28, 28]))
    const opt = optim.sgd()
    const x = ones([128, 28, 28]), y = tensor(new Int32Array(128))
    const k = key(1)
    await realize([x, k])
    const backend = currentDevice().backend
    const prepare = backend.prepare
    ;(currentDevice() as any).backend = { ...backend, prepare: (p: any) => { console.log(printProgram(p)); writeFileSync('/tmp/k.js', p.dispatches.flatMap((d: any) => d.kernels).map((q: any) => q.kind === 'loop' || true ? printJavaScript(q).source : '').join('\n//-----\n')); return prepare(p) } }
    const step = jit((p: nn.TensorTree, k: any, x: any, y: any, s: number) => {
      const [loss, g] = valueAndGrad((p: nn.TensorTree) => mean(softmaxCrossEntropy(model.apply({ params: p, state: v.state }, x, { training: true, key: foldIn(k, s) }).output, y)))(p)
      return { p: opt.update(g, {}, p, { learningRate: 0.01, step: s }).params, loss }
    })
    let p = v.params
    for (let i = 0; i < 40; i++) { const t = performance.now(); const r = step(p, k, x, y, i); p = r.p; await readItem(r.loss); if (i % 5 === 0) console.log(i, (performance.now() - t).toFixed(1), 'ms') }
  }
})
