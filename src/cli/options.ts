// The command line in, what is to be done out: the command with settings that are complete and within their ranges.

import type { DeviceKind } from '../runtime/device.ts'
import {
  BENCH_DEFAULTS,
  BENCH_MODELS,
  type BenchModelName,
  LEARNING_RATES,
  type ModelName,
  MODELS,
  type OptimizerName,
  TRAIN_DEFAULTS,
} from './defaults.ts'
import { UsageError } from './errors.ts'
import { COMMANDS, type CommandName, GLOBAL_FLAGS } from './flags.ts'
import { didYouMean } from './suggest.ts'
import { readWords, type Words } from './words.ts'

/** Everything that `wgrad train` needs to know. */
export interface TrainSettings {
  readonly dataset: 'mnist'
  readonly model: ModelName
  readonly optimizer: OptimizerName
  readonly device: DeviceKind
  readonly epochs: number
  readonly batchSize: number
  readonly learningRate: number
  readonly seed: number
  readonly json: boolean
  readonly dataDir?: string
  readonly trainCount?: number
  readonly testCount?: number
}

/** Everything that `wgrad bench` needs to know. */
export interface BenchSettings {
  readonly model: BenchModelName
  readonly device: DeviceKind
  readonly batchSizes: readonly number[]
  readonly seconds: number
  readonly profile: boolean
  readonly source: boolean
  readonly json: boolean
  /** The file that the trace goes to. */
  readonly trace?: string
}

/** What the command line asks for. */
export type Invocation =
  | { readonly command: 'help'; readonly topic: CommandName | null }
  | { readonly command: 'version' }
  | { readonly command: 'train'; readonly settings: TrainSettings }
  | { readonly command: 'doctor'; readonly json: boolean }
  | { readonly command: 'bench'; readonly settings: BenchSettings }

const DATASETS = ['mnist'] as const
const DEVICES = ['auto', 'webgpu', 'cpu'] as const
const OPTIMIZERS = ['sgd', 'momentum', 'adam'] as const

/**
 * Reads the words after `wgrad`.
 * @throws UsageError for anything that cannot be understood or is out of range; the message says what is allowed
 */
export function parseCommandLine(args: readonly string[]): Invocation {
  const [first, ...rest] = args
  if (first === undefined) return { command: 'help', topic: null }
  if (first.startsWith('-')) return globalInvocation(args)
  if (first === 'help') return { command: 'help', topic: rest[0] === undefined ? null : commandNamed(rest[0]) }
  const command = commandNamed(first)
  const words = readWords(rest, COMMANDS[command].flags, `wgrad ${command}`)
  if (words.values.has('help')) return { command: 'help', topic: command }
  if (command === 'train') return { command, settings: trainSettings(words) }
  if (words.positionals.length > 0) throw unexpectedWord(words.positionals[0], `wgrad ${command}`)
  if (command === 'bench') return { command, settings: benchSettings(words) }
  return { command, json: words.values.has('json') }
}

function globalInvocation(args: readonly string[]): Invocation {
  const { values, positionals } = readWords(args, GLOBAL_FLAGS, 'wgrad')
  if (values.has('version')) return { command: 'version' }
  return { command: 'help', topic: positionals[0] === undefined ? null : commandNamed(positionals[0]) }
}

function commandNamed(word: string): CommandName {
  const names = Object.keys(COMMANDS) as CommandName[]
  const command = names.find((name) => name === word)
  if (command !== undefined) return command
  throw new UsageError(
    `unknown command "${word}".${didYouMean(word, names) || ` The commands are ${listed(names)}; see wgrad --help.`}`,
  )
}

function trainSettings({ values, positionals }: Words): TrainSettings {
  const [word, extra] = positionals
  if (word === undefined)
    throw new UsageError('what to train on is missing: wgrad train mnist. See wgrad train --help.')
  if (extra !== undefined) throw unexpectedWord(extra, 'wgrad train mnist')
  const optimizer = choice('--optimizer', values.get('optimizer') ?? TRAIN_DEFAULTS.optimizer, OPTIMIZERS)
  const count = (name: string, fallback: number): number => integer(`--${name}`, values.get(name), 1, 1e9) ?? fallback
  const dataDir = values.get('data-dir')
  const trainCount = integer('--train-count', values.get('train-count'), 1, 1e9)
  const testCount = integer('--test-count', values.get('test-count'), 1, 1e9)
  return {
    dataset: choice('the dataset', word, DATASETS),
    model: choice('--model', values.get('model') ?? TRAIN_DEFAULTS.model, Object.keys(MODELS) as ModelName[]),
    optimizer,
    device: choice('--device', values.get('device') ?? TRAIN_DEFAULTS.device, DEVICES),
    epochs: count('epochs', TRAIN_DEFAULTS.epochs),
    batchSize: count('batch-size', TRAIN_DEFAULTS.batchSize),
    learningRate: positive('--learning-rate', values.get('learning-rate')) ?? LEARNING_RATES[optimizer],
    seed: integer('--seed', values.get('seed'), 0, 2 ** 32 - 1) ?? TRAIN_DEFAULTS.seed,
    json: values.has('json'),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(trainCount === undefined ? {} : { trainCount }),
    ...(testCount === undefined ? {} : { testCount }),
  }
}

function benchSettings({ values }: Words): BenchSettings {
  const profile = values.has('profile')
  const trace = values.get('trace')
  for (const name of ['source', 'trace']) {
    if (values.has(name) && !profile) throw new UsageError(`--${name} goes with --profile: wgrad bench --profile.`)
  }
  const sizes = values.get('batch-size')?.split(',')
  const batchSizes = sizes?.map((text) => integer('--batch-size', text.trim(), 1, 1e6) ?? 1)
  if (trace !== undefined && (batchSizes?.length ?? 1) > 1)
    throw new UsageError(`--trace takes one batch size, not ${values.get('batch-size')}: such as --batch-size 128.`)
  return {
    model: choice(
      '--model',
      values.get('model') ?? BENCH_DEFAULTS.model,
      Object.keys(BENCH_MODELS) as BenchModelName[],
    ),
    device: choice('--device', values.get('device') ?? BENCH_DEFAULTS.device, DEVICES),
    batchSizes: batchSizes ?? (profile ? [BENCH_DEFAULTS.profiledBatchSize] : BENCH_DEFAULTS.batchSizes),
    seconds: positive('--seconds', values.get('seconds')) ?? BENCH_DEFAULTS.seconds,
    profile,
    source: values.has('source'),
    json: values.has('json'),
    ...(trace === undefined ? {} : { trace }),
  }
}

function unexpectedWord(word: string | undefined, after: string): UsageError {
  return new UsageError(`unexpected word "${word}" after ${after}. Options begin with "--"; see ${after} --help.`)
}

function choice<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const chosen = allowed.find((value) => value === text)
  if (chosen !== undefined) return chosen
  throw new UsageError(`${name} must be ${listed(allowed)}, not "${text}".${didYouMean(text, allowed)}`)
}

/** A whole number from `least` to `most`; undefined when nothing was given. */
function integer(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`${name} must be a whole number from ${least} to ${most}, not "${text}".`)
}

/** A number above zero; undefined when nothing was given. */
function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (value > 0 && Number.isFinite(value)) return value
  throw new UsageError(`${name} must be a number above 0, such as 0.05 or 1e-3, not "${text}".`)
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`
}
