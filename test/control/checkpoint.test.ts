// checkpoint changes neither values nor derivatives, but what is kept: the program of a deep gradient needs less memory.

import { beforeAll, expect, test } from 'vitest'
import * as wgrad from 'wgrad'
import { checkGradients, checkpoint, grad, jvp, matmul, mul, square, sum, tanh, type Tensor, tensor } from 'wgrad'
import { compile } from '../../src/compiler/compile.ts'
import { memoryOf } from '../../src/compiler/memory.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { WEBGPU_LIKE } from '../conformance/forward.ts'

beforeAll(async () => {
  await wgrad.setDevice('cpu')
})

const weights = tensor([[0.5, -0.3], [0.2, 0.8]]) // prettier-ignore
const examples = tensor([[0.1, -0.4], [0.7, 0.2], [-0.6, 0.9]]) // prettier-ignore
const block = (x: Tensor, w: Tensor): Tensor => tanh(matmul(tanh(matmul(x, w)), w))
const plain = (w: Tensor, x: Tensor): Tensor => sum(square(block(block(x, w), w)))

const checkpointed = (w: Tensor, x: Tensor): Tensor => {
  const inner = checkpoint(block)
  return sum(square(inner(inner(x, w), w)))
}

const capturing = (w: Tensor, x: Tensor): Tensor => {
  const inner = checkpoint((h: Tensor) => block(h, w))
  return sum(square(inner(inner(x))))
}

test.each([
  ['with arguments', checkpointed],
  ['with a captured tensor', capturing],
])('values and gradients are those of the plain function, %s', async (_, f) => {
  expect(await f(weights, examples).item()).toBe(await plain(weights, examples).item())
  const [own, expected] = [await grad(f)(weights, examples).data(), await grad(plain)(weights, examples).data()]
  own.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6))
  await checkGradients((w: Tensor, x: Tensor) => sum(square(grad(f)(w, x))), [weights, examples])
  const { tangent } = jvp((w: Tensor) => f(w, examples), [weights], [weights])
  expect(await tangent.item()).toBeCloseTo(await sum(mul(grad(plain)(weights, examples), weights)).item(), 5)
})

/** Bytes of temporaries of the gradient of `depth` blocks. */
function temporaries(depth: number, wrap: (f: typeof wide) => typeof wide): number {
  const kernel = parameter({ shape: [64, 64], dtype: 'float32' }, 'w')
  const input = parameter({ shape: [512, 64], dtype: 'float32' }, 'x')
  const loss = (w: Tensor): Tensor => {
    let h: Tensor = input
    for (let i = 0; i < depth; i++) h = wrap(wide)(h, w)
    return sum(square(h))
  }
  const graph = graphOf([kernel, input], [grad(loss)(kernel)])
  const placements = [0, 1].map((group) => ({ group, offset: 0 }))
  const program = compile(graph, WEBGPU_LIKE, { donations: [null], ring: [false], placements })
  verifyProgram(program)
  return memoryOf(program).temporaries
}

/** Four layers. */
function wide(x: Tensor, w: Tensor): Tensor {
  return tanh(matmul(tanh(matmul(tanh(matmul(tanh(matmul(x, w)), w)), w)), w))
}

test('the inner values of checkpointed blocks are not kept', () => {
  const [kept, recomputed] = [temporaries(6, (f) => f), temporaries(6, checkpoint)]
  expect(recomputed).toBeLessThan(0.6 * kept)
})
