// Functions with transforms inside: a program calls them like operations.

import { vmap } from '../../src/autodiff/vmap.ts'
import { checkpoint } from '../../src/control/checkpoint.ts'
import { customVjp } from '../../src/control/customVjp.ts'
import { scan } from '../../src/control/scan.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, matmul, mul, sin, softmax, sum, tanh } from '../../src/ops/index.ts'

/** `tanh(x y) + x`, recomputed when a derivative is taken. */
export const checkpointed = (x: Tensor, y: Tensor): Tensor =>
  checkpoint((a: Tensor, b: Tensor) => add(tanh(mul(sin(a), b)), a))(x, y)

/** `tanh(x)`, whose derivative is declared as that of `sin`. */
export const declared: (x: Tensor) => Tensor = customVjp({
  forward: (x) => ({ output: tanh(x), residuals: [x] }),
  backward: ([x], cotangent) => [mul(cotangent, sin(x!))],
})

/** A recurrence over the leading axis: the states of all steps. */
export const recurrent = (x: Tensor, scale: Tensor): Tensor =>
  scan(
    (carry: Tensor, row: Tensor): readonly [Tensor, Tensor] => {
      const next = tanh(add(mul(carry, 0.5), mul(row, scale)))
      return [next, next]
    },
    sum(mul(x, 0), 0),
    x,
  )[1]

/** Softmax of every row times a matrix, row by row. */
export const rowByRow = (x: Tensor, w: Tensor): Tensor =>
  vmap((row: Tensor, shared: Tensor) => matmul(softmax(row), shared), { inAxes: [0, null] })(x, w)
