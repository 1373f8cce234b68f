// What a table of operations is: by the exported name of an operation, how a golden's inputs and parameters call it. Names are
// looked up in the public namespace, so that the tables and the list of operations are compared by name alone.

import type { Tensor } from '../../../src/ir/tensor.ts'
import type { TensorLike } from '../../../src/ops/operand.ts'
import { transpose } from '../../../src/ops/shaping.ts'
import type { OpParams } from '../../goldens/read.ts'

/** A golden's call of an operation. */
export type Call = (inputs: readonly Tensor[], params: OpParams) => Tensor

/** Calls by the name of the operation. */
export type Table = Readonly<Record<string, Call>>

/** An operation of one operand and no parameters. */
export const unary =
  (op: (x: Tensor) => Tensor): Call =>
  ([x]) =>
    op(x!)

/** An operation of two operands and no parameters. */
export const binary =
  (op: (a: TensorLike, b: TensorLike) => Tensor): Call =>
  ([a, b]) =>
    op(a!, b!)

/** `[N, C, ...spatial]`, which is how PyTorch's data lies, as `[N, ...spatial, C]`. */
export function channelsLast(x: Tensor): Tensor {
  const spatial = x.shape.slice(2).map((_, axis) => axis + 2)
  return transpose(x, [0, ...spatial, 1])
}

/** `[N, ...spatial, C]` as `[N, C, ...spatial]`. */
export function channelsFirst(x: Tensor): Tensor {
  const spatial = x.shape.slice(1, -1).map((_, axis) => axis + 1)
  return transpose(x, [0, x.rank - 1, ...spatial])
}
