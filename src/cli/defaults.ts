// What `wgrad train` does when nothing else is said: the one place where the defaults of the command line stand.

import { nn } from '../index.ts'

/** Optimizers by their name on the command line. */
export type OptimizerName = 'sgd' | 'momentum' | 'adam'

/** Momentum of `--optimizer momentum` (heavy ball). */
export const MOMENTUM = 0.9

/** The learning rate of each optimizer, for the MLP on MNIST at batch size 128. */
export const LEARNING_RATES: Readonly<Record<OptimizerName, number>> = { sgd: 0.1, momentum: 0.05, adam: 0.001 }

/** The defaults of `wgrad train`. */
export const TRAIN_DEFAULTS = {
  model: 'mlp',
  optimizer: 'momentum',
  device: 'auto',
  epochs: 3,
  batchSize: 128,
  seed: 0,
} as const

/** The models of `--model`: their layer sizes in words, and how to build them. */
export const MODELS = {
  mlp: {
    layers: '784-128-10',
    build: () => nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dense(10)]),
  },
} as const
