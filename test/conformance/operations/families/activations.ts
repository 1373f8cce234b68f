// Activation functions: entries of src/ops/activations.ts. Edges lie where exponentials would overflow.

import * as ops from '../../../../src/ops/index.ts'
import type { Family, Range } from '../entry.ts'
import { ALL, binary, real, smooth, unary } from '../templates.ts'

const FAR: readonly Range[] = [
  [-100, -90],
  [-0.2, -0.1],
  [0.1, 0.2],
  [90, 100],
]
const soft = real(-4, 4, { edges: FAR })
const bent = real(-2, 2, { kinks: [0], edges: FAR })
const torch = (name: string, jax: string, tfjs: string | null): [string, string, string | null] => [
  `F.${name}`,
  `jax.nn.${jax}`,
  tfjs === null ? null : `tf.${tfjs}`,
]

/** Entries by name. */
export const activations = {
  sigmoid: smooth(ALL, torch('sigmoid', 'sigmoid', 'sigmoid'), unary(ops.sigmoid, soft)),
  logSigmoid: smooth(ALL, torch('logsigmoid', 'log_sigmoid', 'logSigmoid'), unary(ops.logSigmoid, soft)),
  softplus: smooth(ALL, torch('softplus', 'softplus', 'softplus'), unary(ops.softplus, soft)),
  relu: smooth(ALL, torch('relu', 'relu', 'relu'), unary(ops.relu, bent)),
  leakyRelu: smooth(ALL, torch('leaky_relu', 'leaky_relu', 'leakyRelu'), unary(ops.leakyRelu, bent), unary((x) => ops.leakyRelu(x, 0.3), bent, { name: 'slope 0.3' })), // prettier-ignore
  prelu: smooth(ALL, ['F.prelu', null, 'tf.prelu'], binary(ops.prelu, bent, real(0.1, 0.5))),
  elu: smooth(ALL, torch('elu', 'elu', 'elu'), unary(ops.elu, bent), unary((x) => ops.elu(x, 1), real(-4, 4, { kinks: [0] }), { name: 'alpha 1' })), // prettier-ignore
  selu: smooth(ALL, torch('selu', 'selu', 'selu'), unary(ops.selu, bent)),
  celu: smooth(ALL, torch('celu', 'celu', null), unary((x) => ops.celu(x, 1.5), bent), unary((x) => ops.celu(x), bent, { name: 'default' })), // prettier-ignore
  gelu: smooth(
    ALL,
    torch('gelu', 'gelu', null),
    unary((x) => ops.gelu(x), real(-4, 4, { edges: FAR })),
    unary((x) => ops.gelu(x, { approximate: true }), real(-4, 4, { edges: FAR }), { name: 'tanh' }),
  ),
  silu: smooth(ALL, torch('silu', 'silu', null), unary(ops.silu, soft)),
  mish: smooth(ALL, torch('mish', 'mish', null), unary(ops.mish, soft)),
  hardSigmoid: smooth(ALL, torch('hardsigmoid', 'hard_sigmoid', null), unary(ops.hardSigmoid, real(-4, 4, { kinks: [-3, 3], edges: FAR }))), // prettier-ignore
  hardSwish: smooth(ALL, torch('hardswish', 'hard_swish', null), unary(ops.hardSwish, real(-4, 4, { kinks: [-3, 3], edges: FAR }))), // prettier-ignore
  hardTanh: smooth(ALL, torch('hardtanh', 'hard_tanh', null), unary(ops.hardTanh, real(-2, 2, { kinks: [-1, 1], edges: FAR }))), // prettier-ignore
  relu6: smooth(ALL, torch('relu6', 'relu6', 'relu6'), unary(ops.relu6, real(-2, 8, { kinks: [0, 6], edges: FAR }))),
  softsign: smooth(ALL, torch('softsign', 'soft_sign', null), unary(ops.softsign, real(-4, 4, { kinks: [0], edges: FAR }))), // prettier-ignore
} satisfies Family
