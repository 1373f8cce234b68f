// The public API: re-exports only.

import './fluent.ts'

export type { Aval } from './core/aval.ts'
export type { DType, TypedArray } from './core/dtype.ts'
export * from './core/errors.ts'
export type { HostArray } from './core/hostArray.ts'
export type { Shape } from './core/shape.ts'
export { Tensor } from './ir/tensor.ts'

export { setDevice, type Device } from './debug/device.ts'
export type { DeviceKind } from './runtime/device.ts'
export type { SelfTestResult } from './debug/selfTest.ts'
export { tensor, fromHost, type Nested, type TensorOptions } from './runtime/host.ts'
export { realize } from './runtime/realize.ts'
export { jit, type JitOptions } from './runtime/jit.ts'

export * from './ops/index.ts'
export type { TensorLike } from './ops/operand.ts'
export * as losses from './ops/losses.ts'

export { grad, valueAndGrad, vjp, type GradOptions } from './autodiff/vjp.ts'
export { jvp } from './autodiff/jvp.ts'
export { hessian, jacobian, type JacobianOptions } from './autodiff/jacobian.ts'
export { vmap, type VmapOptions } from './autodiff/vmap.ts'
export { checkpoint } from './control/checkpoint.ts'
export { scan, type ScanOptions } from './control/scan.ts'
export { customVjp, type CustomVjp } from './control/customVjp.ts'
export { checkGradients } from './debug/checkGradients.ts'

export * as debug from './debug/index.ts'
export * as random from './random/index.ts'
export * as nn from './nn/index.ts'
export * as optim from './optim/index.ts'
export * as metrics from './metrics/index.ts'
export * as data from './data/index.ts'
export type { Dataset, Split } from './data/index.ts'

export { createTrainer, type RunOptions, type Trainer } from './train/trainer.ts'
export { fit, type FitOptions, type FitResult } from './train/fit.ts'
export type { Checkpoint } from './train/checkpoint.ts'
export type { TrainerOptions, PerSample } from './train/options.ts'
export type { Evaluation, TrainReport } from './train/report.ts'
