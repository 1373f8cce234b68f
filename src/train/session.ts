// What a trainer holds on the device: state in arenas, the resident dataset, the metrics ring, and the programs that share them
// (full batch, remainder, accumulation, evaluation), compiled when first needed.

import { DataError, ShapeError, ArgumentError } from '../core/errors.ts'
import { type DType, hostArrayOf } from '../core/dtype.ts'
import { formatAval, sameAval } from '../core/aval.ts'
import type { TuningTable } from '../compiler/variants.ts'
import { flattenTree, type TreeStructure, unflattenTree, zipTrees } from '../core/tree.ts'
import { sampleCount, type Split } from '../data/dataset.ts'
import { Tensor } from '../ir/tensor.ts'
import type { TensorTree } from '../nn/layer.ts'
import { zeros } from '../ops/creation.ts'
import * as random from '../random/index.ts'
import { allocateArena, fillTensor } from '../runtime/arena.ts'
import { openDevice, type RuntimeDevice, tuningOf } from '../runtime/device.ts'
import { fromHost, readData } from '../runtime/host.ts'
import { start } from '../runtime/realize.ts'
import { createRing, planReplay, type Replay, type ReplayPlan, type Ring } from '../runtime/replay.ts'
import { disposeTensor, usableStorage } from '../runtime/storage.ts'
import { memoryReport, type TrainerMemory } from './memoryReport.ts'
import { USUAL_SUBMITS } from './flights.ts'
import { chooseMicroBatch, excess, type Limits } from './microBatches.ts'
import { checkLabels, type PerSample, type TrainerOptions } from './options.ts'
import { type AccumulatingState, accumulateStep, applyStep, defaultPreprocess, evaluateStep, type Resident, type StepParts, trainStep, type TrainState } from './step.ts' // prettier-ignore
import { type Call, tapDevice } from './tap.ts'

const ARGUMENTS: Readonly<Record<string, DType>> = { cursor: 'int32', learningRate: 'float32', step: 'int32' }
const RING_ROWS = 2048
const EVALUATION_BATCH = 1000

/** One program call of a step: which program, how far from the step's cursor, and whether its metrics are the step's. */
export interface StepPart {
  readonly replay: Replay
  readonly offset: number
  readonly reports: boolean
}

/** A trainer's device side. */
export interface Session {
  readonly device: RuntimeDevice
  readonly state: TrainState
  readonly ring: Ring
  /** Resolves when the state has its initial values, which no call may run without. */
  readonly filled: Promise<void>
  /** The calls that make up a step on `count` samples. */
  readonly step: (count: number) => Promise<readonly StepPart[]>
  /** The table that the step's programs were compiled with; final once the full step is there. */
  readonly tuning: () => TuningTable
  readonly setOrder: (order: Uint32Array) => void
  readonly evaluation: () => Promise<{
    readonly batches: readonly { readonly replay: Replay; readonly cursor: number }[]
    readonly ring: Ring
    readonly count: number
  }>
  /** The bytes held, by what they are for. */
  readonly memory: () => TrainerMemory
  /** What `task` asks the device to run, in order; nothing is run. */
  readonly callsOf: (task: () => void) => readonly Call[]
  readonly dispose: () => void
}

/** The parts of a step, from the options. */
export function partsOf(options: TrainerOptions): StepParts {
  const metrics: PerSample[] = Object.values(options.metrics ?? {})
  const { model, loss, optimizer } = options
  return {
    model,
    loss,
    optimizer,
    metrics,
    preprocess: options.preprocess ?? defaultPreprocess,
    seed: options.seed ?? 0,
  }
}

/** Puts everything on the device. */
export async function openSession(options: TrainerOptions, device: RuntimeDevice): Promise<Session> {
  const parts = partsOf(options)
  const { train, test } = options.data
  const inputShape = train.inputs.shape.slice(1)
  const outputShape = parts.model.outputShape(inputShape)
  if (outputShape.length > 0) {
    const classes = outputShape.at(-1)!
    checkLabels('data.train', train.targets, classes)
    if (test !== undefined) checkLabels('data.test', test.targets, classes)
  }
  // initial values are computed on the CPU, so that a seed means the same weights on every device and none compiles kernels for it
  const host = await openDevice('cpu', { threads: 1 })
  const initial = initialState(options, parts, inputShape, host)
  const { tensors: drawn, structure } = tensorsOf(initial)
  const places = await allocateArena(device, drawn.map((leaf) => leaf.aval)) // prettier-ignore
  const state = unflattenTree(structure, places) as TrainState
  // in a task of its own: the values are computed here while the device's compiler works on the step
  const filled = nextTask().then(() => drawOn(host, drawn, places, device))
  filled.catch(() => undefined) // reported to whom waits for the session
  const order = fromHost(
    { shape: [sampleCount(train)], dtype: 'uint32', data: new Uint32Array(sampleCount(train)) },
    device,
  )
  const resident: Resident = { ...residentSplit(train, device), order }
  const columns = 1 + parts.metrics.length
  const owned: Tensor[] = [resident.inputs, resident.targets, order]
  await usableStorage(order, 'createTrainer').ready
  // not before what the state was packed from has been given back
  const ring = createRing(device, RING_ROWS, columns, USUAL_SUBMITS)

  const tap = tapDevice(device)
  /** Measured for the full step, which comes first; then it stays: smaller batches and evaluation are compiled with the same table. */
  let tuning = tuningOf(device.backend, options.tune, device.tuning)
  const tunedDevice = (): RuntimeDevice => ({ ...tap.device, tuning })
  const limits: Limits = { bufferBytes: device.backend.maxBufferBytes, totalBytes: options.memoryBudget ?? Infinity }
  const plans = new Map<string, Promise<ReplayPlan>>()
  const replays = new Map<ReplayPlan, Promise<Replay>>()
  const planned = (key: string, plan: () => Promise<ReplayPlan>): Promise<ReplayPlan> => {
    const known = plans.get(key) ?? plan()
    plans.set(key, known)
    return known
  }
  const prepared = (plan: ReplayPlan): Promise<Replay> => {
    const known = replays.get(plan) ?? plan.prepare(tuning)
    replays.set(plan, known)
    return known.then((replay) => {
      if (tuning.mode === 'quick') tuning = { mode: 'quick', table: replay.tuning }
      return replay
    })
  }

  let accumulating: Promise<AccumulatingState> | null = null
  let accumulators: Pick<AccumulatingState, 'gradients' | 'metrics'> | null = null
  const accumulatingState = (): Promise<AccumulatingState> => {
    accumulating ??= (async () => {
      const like = { gradients: state.params, metrics: Array.from({ length: columns }, () => zeros([])) }
      const { tensors, structure: shape } = tensorsOf(like)
      const sums = await allocateArena(device, tensors.map((leaf) => leaf.aval)) // prettier-ignore
      for (const sum of sums) fillTensor(device, sum, hostArrayOf(sum.dtype, sum.size))
      accumulators = unflattenTree(shape, sums) as Pick<AccumulatingState, 'gradients' | 'metrics'>
      return { ...state, ...accumulators }
    })()
    return accumulating
  }

  /** The plan of a call on `size` of a step's `count` samples: the whole step if that is all of them. */
  const partPlan = (size: number, count: number): Promise<ReplayPlan> =>
    planned(`train ${size} of ${count}`, async () => {
      if (size === count) return planReplay(tunedDevice(), trainStep(parts, count), state, resident, ARGUMENTS, ring)
      const sums = await accumulatingState()
      return planReplay(tunedDevice(), accumulateStep(parts, size, count), sums, resident, ARGUMENTS, null)
    })

  let microBatch: Promise<number> | null = null
  const microBatchSize = (): Promise<number> => {
    const programOf = async (size: number) => (await partPlan(size, options.batchSize)).program
    microBatch ??= chooseMicroBatch(options, limits, programOf, (sentence) => console.info(sentence))
    return microBatch
  }

  const step = async (count: number): Promise<readonly StepPart[]> => {
    const result = await partsOfStep(count)
    tuning = { ...tuning, mode: 'off' }
    return result
  }

  const partsOfStep = async (count: number): Promise<readonly StepPart[]> => {
    const micro = Math.min(await microBatchSize(), count)
    if (micro === count) return [{ replay: await prepared(await partPlan(count, count)), offset: 0, reports: true }]
    const result: StepPart[] = []
    for (let offset = 0; offset < count; offset += micro) {
      const replay = await prepared(await partPlan(Math.min(micro, count - offset), count))
      result.push({ replay, offset, reports: false })
    }
    const sums = await accumulatingState()
    const apply = await planned('apply', () =>
      planReplay(tunedDevice(), applyStep(parts), sums, resident, ARGUMENTS, ring),
    )
    return [...result, { replay: await prepared(apply), offset: 0, reports: true }]
  }

  let testSplit: Pick<Resident, 'inputs' | 'targets'> | null = null
  const evaluation: Session['evaluation'] = async () => {
    if (test === undefined) throw new ArgumentError('evaluate: the trainer was made without data.test')
    if (testSplit === null) {
      testSplit = residentSplit(test, device)
      owned.push(testSplit.inputs, testSplit.targets)
    }
    const count = sampleCount(test)
    const inputs = { ...testSplit, state }
    const planOf = (size: number): Promise<ReplayPlan> =>
      planned(`evaluate ${size}`, () =>
        planReplay(tunedDevice(), evaluateStep(parts, size), {}, inputs, { cursor: 'int32' }, ring),
      )
    const smallest = Math.ceil(count / RING_ROWS)
    let batch = Math.min(count, Math.max(EVALUATION_BATCH, smallest))
    while (batch > smallest && excess((await planOf(batch)).program, limits) !== null)
      batch = Math.max(smallest, Math.ceil(batch / 2))
    const batches = []
    for (let cursor = 0; cursor < count; cursor += batch) {
      batches.push({ replay: await prepared(await planOf(Math.min(batch, count - cursor))), cursor })
    }
    return { batches, ring, count }
  }

  return {
    device,
    state,
    filled,
    ring,
    step,
    tuning: () => tuning.table,
    evaluation,
    memory: () => {
      const evaluated = testSplit === null ? [] : [testSplit.inputs, testSplit.targets]
      const dataset = [resident.inputs, resident.targets, order]
      return memoryReport({ state, accumulators, dataset, evaluated, ring, programs: tap.programs() })
    },
    callsOf: tap.callsOf,
    setOrder: (given) => {
      device.backend.write(usableStorage(order, 'order').place!, order.aval, given)
    },
    dispose: () => {
      for (const leaf of flattenTree([state, accumulators]).leaves) if (leaf instanceof Tensor) disposeTensor(leaf)
      owned.forEach(disposeTensor)
      device.release(ring.buffer)
    },
  }
}

function residentSplit(split: Split, device: RuntimeDevice): Pick<Resident, 'inputs' | 'targets'> {
  return { inputs: fromHost(split.inputs, device), targets: fromHost(split.targets, device) }
}

function initialState(
  options: TrainerOptions,
  parts: StepParts,
  inputShape: readonly number[],
  host: RuntimeDevice,
): TrainState {
  const { params: made, state: model } = parts.model.init(random.key(parts.seed), inputShape)
  let params: TensorTree = made
  if (options.initialParams !== undefined) {
    const { rows, structure } = zipTrees('createTrainer: initialParams', [
      hostLeaves(made),
      hostLeaves(options.initialParams),
    ])
    const leaves = rows.map(([own, given]) => replaceParameter(own, given, host))
    params = unflattenTree(structure, leaves) as TensorTree
  }
  return { params, model, optimizer: parts.optimizer.init(params) }
}

/** Host arrays are plain objects, so they are wrapped to count as leaves. */
class HostLeaf {
  readonly array: { shape: readonly number[]; dtype: DType; data: Float32Array }
  constructor(array: HostLeaf['array']) {
    this.array = array
  }
}

function hostLeaves(tree: unknown): unknown {
  if (isHostArray(tree)) return new HostLeaf(tree)
  if (Array.isArray(tree)) return tree.map(hostLeaves)
  if (typeof tree === 'object' && tree !== null && !(tree instanceof Tensor)) {
    return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, hostLeaves(value)]))
  }
  return tree
}

function isHostArray(value: unknown): value is HostLeaf['array'] {
  return (
    typeof value === 'object' &&
    value !== null &&
    'shape' in value &&
    'dtype' in value &&
    'data' in value &&
    value.data instanceof Float32Array
  )
}

function replaceParameter(own: unknown, given: unknown, host: RuntimeDevice): Tensor {
  if (!(own instanceof Tensor) || !(given instanceof HostLeaf)) {
    throw new ArgumentError(
      'createTrainer: initialParams must hold a float32 host array { shape, dtype, data } for every parameter',
    )
  }
  if (!sameAval(given.array, own.aval)) {
    throw new ShapeError(
      `createTrainer: initialParams: expected ${formatAval(own.aval)}, got ${formatAval(given.array)}`,
    )
  }
  return fromHost(given.array, host)
}

function tensorsOf(tree: unknown): { tensors: Tensor[]; structure: TreeStructure } {
  const { leaves, structure, paths } = flattenTree(tree)
  const tensors = leaves.map((leaf, i) => {
    if (!(leaf instanceof Tensor)) throw new DataError(`createTrainer: state at ${paths[i]} is no tensor`)
    return leaf
  })
  return { tensors, structure }
}

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** Computes `from` on `host` and writes it to `to` on `device`. */
async function drawOn(
  host: RuntimeDevice,
  from: readonly Tensor[],
  to: readonly Tensor[],
  device: RuntimeDevice,
): Promise<void> {
  start(from, host)
  const values = await Promise.all(from.map(readData))
  from.forEach(disposeTensor)
  values.forEach((data, i) => fillTensor(device, to[i]!, data))
}
