// The commands and options of the command line as data: the parser checks against this table and the help prints it, so that
// neither knows an option that the other does not.

import { BENCH_DEFAULTS, BENCH_MODELS, LEARNING_RATES, MODELS, MOMENTUM, TRAIN_DEFAULTS } from './defaults.ts'

/** An option: with `value` (its placeholder in the help) it takes a value, without it is a switch. */
export interface Flag {
  readonly value?: string
  readonly short?: string
  readonly text: string
}

/** A command's line in the help, what follows its name, and its options by name. */
export interface CommandEntry {
  readonly text: string
  readonly words: string
  readonly flags: Readonly<Record<string, Flag>>
}

const help: Flag = { short: 'h', text: 'show this help' }
const benchModels = Object.entries(BENCH_MODELS).map(([name, text]) => `${name}: ${text.split(',')[0]}`)
const rates = Object.entries(LEARNING_RATES).map(([name, rate]) => `${rate} for ${name}`)

/** Every command. */
export const COMMANDS = {
  train: {
    text: 'train a model and report its accuracy on the test set',
    words: 'mnist',
    flags: {
      model: { value: 'NAME', text: `mlp: ${MODELS.mlp} with ReLU (default ${TRAIN_DEFAULTS.model})` },
      epochs: { value: 'N', text: `passes over the training set (default ${TRAIN_DEFAULTS.epochs})` },
      'batch-size': { value: 'N', text: `samples per step (default ${TRAIN_DEFAULTS.batchSize})` },
      optimizer: {
        value: 'NAME',
        text: `sgd, momentum (${MOMENTUM}) or adam (default ${TRAIN_DEFAULTS.optimizer})`,
      },
      'learning-rate': { value: 'RATE', text: `default ${rates.join(', ')}` },
      seed: { value: 'N', text: `initial weights and order of samples (default ${TRAIN_DEFAULTS.seed})` },
      device: {
        value: 'NAME',
        text: `auto, webgpu or cpu (default ${TRAIN_DEFAULTS.device}: a hardware GPU, else the CPU)`,
      },
      'data-dir': { value: 'FOLDER', text: 'the four MNIST files (default: the variable WGRAD_DATA_DIR)' },
      'train-count': { value: 'N', text: 'use only the first N training samples' },
      'test-count': { value: 'N', text: 'use only the first N test samples' },
      json: { text: 'print one JSON object per report on stdout' },
      help,
    },
  },
  doctor: {
    text: 'show the WebGPU adapter and test every kernel against the CPU',
    words: '',
    flags: { json: { text: 'print one JSON object on stdout' }, help },
  },
  bench: {
    text: 'measure training steps on this device, and where their time goes',
    words: '',
    flags: {
      model: { value: 'NAME', text: `${benchModels.join(', ')} (default ${BENCH_DEFAULTS.model})` },
      'batch-size': { value: 'N,N', text: `one or more (default ${BENCH_DEFAULTS.batchSizes.join(',')})` },
      seconds: { value: 'S', text: `how long to train at each batch size (default ${BENCH_DEFAULTS.seconds})` },
      device: { value: 'NAME', text: `auto, webgpu or cpu (default ${BENCH_DEFAULTS.device})` },
      profile: { text: `time every dispatch (default batch size ${BENCH_DEFAULTS.profiledBatchSize})` },
      source: { text: 'with --profile: the code and the graph nodes of every dispatch too' },
      trace: { value: 'FILE', text: 'with --profile of one batch size: write a trace for ui.perfetto.dev' },
      json: { text: 'print one JSON object per batch size on stdout' },
      help,
    },
  },
} as const satisfies Readonly<Record<string, CommandEntry>>

/** The name of a command. */
export type CommandName = keyof typeof COMMANDS

/** The options that stand before any command. */
export const GLOBAL_FLAGS = {
  help,
  version: { short: 'v', text: 'show the version' },
} as const satisfies Readonly<Record<string, Flag>>
