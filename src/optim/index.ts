// Optimizers, learning rate schedules and gradient clipping: the namespace `optim`.

export { adam, type AdamOptions, adamw } from './adam.ts'
export { clipByGlobalNorm, globalNorm } from './clip.ts'
export type { Optimizer, OptimizerState, StepArguments } from './optimizer.ts'
export { rmsprop, type RmspropOptions } from './rmsprop.ts'
export { sgd, type SgdOptions } from './sgd.ts'
export { learningRateAt, type Schedule } from './schedules.ts'
export * as schedules from './schedules.ts'
