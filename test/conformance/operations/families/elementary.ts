// Elementary functions: entries of src/ops/elementary.ts. Edges lie where naive formulas overflow, cancel or saturate.

import * as ops from '../../../../src/ops/index.ts'
import type { Family } from '../entry.ts'
import { ALL, binary, real, smooth, unary } from '../templates.ts'

const torch = (name: string): [string, string, string] => [`torch.${name}`, `jnp.${name}`, `tf.${name}`]
const jnp = (name: string, jax: string): [string, string, string] => [`torch.${name}`, `jnp.${jax}`, `tf.${name}`]

/** Entries by name. */
export const elementary = {
  exp: smooth(ALL, torch('exp'), unary(ops.exp, real(-3, 3, { edges: [[-80, -70], [70, 80]] }))), // prettier-ignore
  expm1: smooth(ALL, torch('expm1'), unary(ops.expm1, real(-3, 3, { edges: [[-80, -70], [-1e-4, -1e-6], [1e-6, 1e-4], [70, 80]] }))), // prettier-ignore
  log: smooth(ALL, torch('log'), unary(ops.log, real(0.2, 5, { edges: [[0.01, 0.011], [0.999, 1.001], [1e4, 2e4]] }))), // prettier-ignore
  log1p: smooth(ALL, torch('log1p'), unary(ops.log1p, real(-0.8, 5, { edges: [[-0.99, -0.98], [-1e-4, -1e-6], [1e-6, 1e-4], [1e4, 2e4]] }))), // prettier-ignore
  log2: smooth(ALL, ['torch.log2', 'jnp.log2', null], unary(ops.log2, real(0.2, 5, { edges: [[0.01, 0.011], [0.999, 1.001], [1e4, 2e4]] }))), // prettier-ignore
  sqrt: smooth(ALL, torch('sqrt'), unary(ops.sqrt, real(0.2, 5, { edges: [[0.01, 0.011], [1e4, 2e4]] }))), // prettier-ignore
  rsqrt: smooth(ALL, ['torch.rsqrt', 'lax.rsqrt', 'tf.rsqrt'], unary(ops.rsqrt, real(0.2, 5, { integers: [1, 9], edges: [[0.02, 0.021], [1e4, 2e4]] }))), // prettier-ignore
  sin: smooth(ALL, torch('sin'), unary(ops.sin, real(-4, 4, { edges: [[-100, -90], [-1e-3, 1e-3], [90, 100]] }))), // prettier-ignore
  cos: smooth(ALL, torch('cos'), unary(ops.cos, real(-4, 4, { edges: [[-100, -90], [-1e-3, 1e-3], [90, 100]] }))), // prettier-ignore
  tan: smooth(ALL, torch('tan'), unary(ops.tan, real(-1.2, 1.2, { edges: [[-1.4, -1.3], [-1e-3, 1e-3], [1.3, 1.4]] }))), // prettier-ignore
  asin: smooth(ALL, jnp('asin', 'arcsin'), unary(ops.asin, real(-0.9, 0.9, { integers: [-1, 1], edges: [[-0.97, -0.96], [-1e-3, 1e-3], [0.96, 0.97]] }))), // prettier-ignore
  acos: smooth(ALL, jnp('acos', 'arccos'), unary(ops.acos, real(-0.9, 0.9, { integers: [-1, 1], edges: [[-0.97, -0.96], [-1e-3, 1e-3], [0.96, 0.97]] }))), // prettier-ignore
  atan: smooth(ALL, jnp('atan', 'arctan'), unary(ops.atan, real(-3, 3, { edges: [[-100, -90], [-1e-3, 1e-3], [90, 100]] }))), // prettier-ignore
  atan2: smooth(
    ALL,
    jnp('atan2', 'arctan2'),
    binary(ops.atan2, real(-2, 2, { kinks: [0] }), real(0.3, 2)),
    binary(ops.atan2, real(0.3, 2), real(-2, -0.3), { name: 'left half' }),
  ),
  sinh: smooth(ALL, torch('sinh'), unary(ops.sinh, real(-3, 3, { edges: [[-80, -70], [-1e-3, -1e-4], [1e-4, 1e-3], [70, 80]] }))), // prettier-ignore
  cosh: smooth(ALL, torch('cosh'), unary(ops.cosh, real(-3, 3, { edges: [[-80, -70], [-1e-3, 1e-3], [70, 80]] }))), // prettier-ignore
  tanh: smooth(ALL, torch('tanh'), unary(ops.tanh, real(-3, 3, { edges: [[-100, -90], [-1e-3, 1e-3], [90, 100]] }))), // prettier-ignore
  asinh: smooth(ALL, jnp('asinh', 'arcsinh'), unary(ops.asinh, real(-3, 3, { edges: [[-1e4, -9e3], [-1e-3, -1e-4], [1e-4, 1e-3], [9e3, 1e4]] }))), // prettier-ignore
  acosh: smooth(ALL, jnp('acosh', 'arccosh'), unary(ops.acosh, real(1.2, 5, { integers: [1, 9], edges: [[1.05, 1.06], [9e3, 1e4]] }))), // prettier-ignore
  atanh: smooth(ALL, jnp('atanh', 'arctanh'), unary(ops.atanh, real(-0.9, 0.9, { integers: [0, 0], edges: [[-0.97, -0.96], [-1e-3, -1e-4], [1e-4, 1e-3], [0.96, 0.97]] }))), // prettier-ignore
  erf: smooth(ALL, ['torch.erf', 'jax.scipy.special.erf', 'tf.erf'], unary(ops.erf, real(-3, 3, { edges: [[-9, -8], [-1e-3, 1e-3], [8, 9]] }))), // prettier-ignore
} satisfies Family
