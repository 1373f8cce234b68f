// What `wgrad train` and `wgrad bench` do when nothing else is said: the one place where the defaults of the command line stand.

/** Optimizers by their name on the command line. */
export type OptimizerName = 'sgd' | 'momentum' | 'adam'

/** Momentum of `--optimizer momentum` (heavy ball). */
export const MOMENTUM = 0.9

/** The learning rate of each optimizer, chosen for the MLP on MNIST at batch size 128 and a few epochs. */
export const LEARNING_RATES: Readonly<Record<OptimizerName, number>> = { sgd: 0.4, momentum: 0.05, adam: 0.002 }

/** The defaults of `wgrad train`. */
export const TRAIN_DEFAULTS = {
  model: 'mlp',
  optimizer: 'momentum',
  device: 'auto',
  epochs: 3,
  batchSize: 128,
  seed: 0,
} as const

/** The models of `--model`, with their layer sizes in words. */
export const MODELS = { mlp: '784-128-10' } as const

/** Models by their name on the command line. */
export type ModelName = keyof typeof MODELS

/** The defaults of `wgrad bench`; with `--profile`, one batch size. */
export const BENCH_DEFAULTS = {
  model: 'mlp',
  device: 'auto',
  batchSizes: [1, 8, 32, 128, 512],
  profiledBatchSize: 128,
  seconds: 2,
} as const

/** The models of `wgrad bench`, in words. */
export const BENCH_MODELS = {
  mlp: '784-128-10, SGD',
  'mlp-large': '784-1024-1024-10, SGD',
  cnn: '2 convolutions, a dense layer, Adam',
} as const

/** Models of `wgrad bench` by their name on the command line. */
export type BenchModelName = keyof typeof BENCH_MODELS
