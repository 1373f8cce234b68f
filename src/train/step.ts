// The training step as a tensor program: gather a batch from the resident dataset, the loss and its gradient, the optimizer.
// Everything that changes from step to step comes in as an argument.

import { valueAndGrad } from '../autodiff/vjp.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatAval } from '../core/aval.ts'
import { flattenTree, unflattenTree, zipTrees } from '../core/tree.ts'
import { formatShape } from '../core/shape.ts'
import { Tensor } from '../ir/tensor.ts'
import type { Layer, TensorTree } from '../nn/layer.ts'
import { add, div } from '../ops/arithmetic.ts'
import { castTo } from '../ops/operand.ts'
import { mean, sum } from '../ops/reductions.ts'
import { indices, zeros as zerosOf } from '../ops/creation.ts'
import { dynamicSlice, gather } from '../ops/gathering.ts'
import type { Optimizer, OptimizerState } from '../optim/optimizer.ts'
import * as random from '../random/index.ts'
import type { ReplayArguments, ReplayResult } from '../runtime/replay.ts'
import type { PerSample } from './options.ts'

/** What training changes: parameters, the layers' state, the optimizer's state. */
export interface TrainState {
  readonly params: TensorTree
  readonly model: TensorTree
  readonly optimizer: OptimizerState
}

/** The resident dataset and the order in which its samples are taken. */
export interface Resident {
  readonly inputs: Tensor
  readonly targets: Tensor
  /** uint32 [N]: the sample at every position of the epoch. */
  readonly order: Tensor
}

/** The parts of a step that do not change. */
export interface StepParts {
  readonly model: Layer
  readonly loss: PerSample
  readonly optimizer: Optimizer
  readonly metrics: readonly PerSample[]
  readonly preprocess: (inputs: Tensor) => Tensor
  readonly seed: number
}

/** uint8 inputs as float32 in [0, 1]; others as they are. */
export function defaultPreprocess(inputs: Tensor): Tensor {
  return inputs.dtype === 'uint8' ? div(castTo(inputs, 'float32'), 255) : inputs
}

interface Batch {
  readonly inputs: Tensor
  readonly targets: Tensor
  readonly samples: Tensor
}

function takeBatch(data: Resident, cursor: Tensor, count: number): Batch {
  const samples = dynamicSlice(data.order, cursor, count)
  return { inputs: gather(data.inputs, samples), targets: takeTargets(data.targets, samples), samples }
}

function takeTargets(targets: Tensor, samples: Tensor): Tensor {
  const taken = gather(targets, samples)
  return taken.dtype === 'uint8' ? castTo(taken, 'int32') : taken
}

/** Per-sample values `[B]`, checked. */
function perSample(name: string, fn: PerSample, predictions: Tensor, targets: Tensor): Tensor {
  const values = fn(predictions, targets)
  if (!(values instanceof Tensor))
    throw new ArgumentError(`createTrainer: ${name} must return a tensor, got ${typeof values}`)
  if (values.rank !== 1 || values.shape[0] !== predictions.shape[0]) {
    throw new ShapeError(
      `createTrainer: ${name} must return one value per sample, [${predictions.shape[0]}], got ${formatAval(values.aval)} for predictions ` +
        `${formatShape(predictions.shape)}: leave out its reduction`,
    )
  }
  return values.dtype === 'float32' ? values : castTo(values, 'float32')
}

/** Loss gradient of one batch: the mean over `denominator` samples, metric sums over the same, and the model's new state. */
function batchGradient(parts: StepParts, state: TrainState, batch: Batch, step: Tensor, denominator: number) {
  const key = random.foldIn(random.key(parts.seed), castTo(step, 'uint32'))
  const inputs = parts.preprocess(batch.inputs)
  const compute = (params: TensorTree): [Tensor, { logits: Tensor; model: TensorTree }] => {
    const { output, state: model } = parts.model.apply({ params, state: state.model }, inputs, { training: true, key })
    const losses = perSample('loss', parts.loss, output, batch.targets)
    const loss = batch.samples.size === denominator ? mean(losses) : div(sum(losses), denominator)
    return [loss, { logits: output, model }]
  }
  const [[loss, aux], gradients] = valueAndGrad(compute, { hasAux: true })(state.params)
  const metrics = parts.metrics.map((metric, i) => {
    const values = perSample(`metric ${i}`, metric, aux.logits, batch.targets)
    return batch.samples.size === denominator ? mean(values) : div(sum(values), denominator)
  })
  return { gradients, metrics: [loss, ...metrics], model: aux.model }
}

type StepArguments = ReplayArguments<TrainState, Resident>

/** One optimizer step on `count` samples from the cursor. Metrics: the mean loss, then the metrics. */
export function trainStep(parts: StepParts, count: number): (given: StepArguments) => ReplayResult<TrainState> {
  return ({ state, inputs, args }) => {
    const batch = takeBatch(inputs, args.cursor!, count)
    const { gradients, metrics, model } = batchGradient(parts, state, batch, args.step!, count)
    const updated = parts.optimizer.update(gradients, state.optimizer, state.params, {
      learningRate: args.learningRate!,
      step: args.step!,
    })
    return { state: { params: updated.params, model, optimizer: updated.state }, metrics }
  }
}

/** State that also holds gradients and metrics summed over the parts of a batch. */
export interface AccumulatingState extends TrainState {
  readonly gradients: TensorTree
  readonly metrics: readonly Tensor[]
}

/** Adds the gradient of `count` samples from the cursor, out of a batch of `batchSize`. */
export function accumulateStep(parts: StepParts, count: number, batchSize: number) {
  return ({ state, inputs, args }: ReplayArguments<AccumulatingState, Resident>): ReplayResult<AccumulatingState> => {
    const batch = takeBatch(inputs, args.cursor!, count)
    const { gradients, metrics, model } = batchGradient(parts, state, batch, args.step!, batchSize)
    const { rows, structure } = zipTrees('accumulate', [state.gradients, gradients])
    const summed = unflattenTree(structure, rows.map(([total, part]) => add(asTensor(total), asTensor(part)))) as TensorTree // prettier-ignore
    return {
      state: { ...state, model, gradients: summed, metrics: state.metrics.map((total, i) => add(total, metrics[i]!)) },
      metrics: [],
    }
  }
}

/** The optimizer step on accumulated gradients, which it sets back to zero. */
export function applyStep(parts: StepParts) {
  return ({ state, args }: ReplayArguments<AccumulatingState, Resident>): ReplayResult<AccumulatingState> => {
    const updated = parts.optimizer.update(state.gradients, state.optimizer, state.params, {
      learningRate: args.learningRate!,
      step: args.step!,
    })
    const { leaves, structure } = flattenTree(state.gradients)
    const zeros = unflattenTree(structure, leaves.map((leaf) => zerosLike(asTensor(leaf)))) as TensorTree // prettier-ignore
    return {
      state: {
        ...state,
        params: updated.params,
        optimizer: updated.state,
        gradients: zeros,
        metrics: state.metrics.map(zerosLike),
      },
      metrics: state.metrics,
    }
  }
}

function asTensor(leaf: unknown): Tensor {
  if (leaf instanceof Tensor) return leaf
  throw new ArgumentError('createTrainer: gradients must be tensors')
}

/** Sums over `count` test samples from the cursor: the loss, then the metrics. Nothing is changed. */
export function evaluateStep(parts: StepParts, count: number) {
  return ({
    inputs,
    args,
  }: ReplayArguments<Record<string, never>, Pick<Resident, 'inputs' | 'targets'> & { state: TrainState }>) => {
    const samples = add(indices([count], 0), args.cursor!)
    const batch = { inputs: gather(inputs.inputs, samples), targets: takeTargets(inputs.targets, samples) }
    const { output } = parts.model.apply(
      { params: inputs.state.params, state: inputs.state.model },
      parts.preprocess(batch.inputs),
      { training: false },
    )
    const fns: readonly [string, PerSample][] = [
      ['loss', parts.loss],
      ...parts.metrics.map((metric, i): [string, PerSample] => [`metric ${i}`, metric]),
    ]
    return { state: {}, metrics: fns.map(([name, fn]) => sum(perSample(name, fn, output, batch.targets))) }
  }
}

const zerosLike = (x: Tensor): Tensor => zerosOf(x.shape, x.dtype)
