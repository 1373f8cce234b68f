// What a trainer holds on the device: state in arenas, the resident dataset, the metrics ring, and the programs that share them
// (full batch, remainder, accumulation, evaluation), compiled when first needed.

import { DataError, ShapeError, ArgumentError } from '../core/errors.ts'
import type { DType } from '../core/dtype.ts'
import { formatAval, sameAval } from '../core/aval.ts'
import { flattenTree, mapTree, unflattenTree, zipTrees } from '../core/tree.ts'
import { sampleCount, type Split } from '../data/dataset.ts'
import { Tensor } from '../ir/tensor.ts'
import type { TensorTree } from '../nn/layer.ts'
import { zeros } from '../ops/creation.ts'
import * as random from '../random/index.ts'
import { packArena } from '../runtime/arena.ts'
import { openDevice, type RuntimeDevice } from '../runtime/device.ts'
import { fromHost, readData, tensor } from '../runtime/host.ts'
import { start } from '../runtime/realize.ts'
import { createReplay, createRing, type Replay, type Ring } from '../runtime/replay.ts'
import { disposeTensor, usableStorage } from '../runtime/storage.ts'
import { checkLabels, type PerSample, type TrainerOptions } from './options.ts'
import { type AccumulatingState, accumulateStep, applyStep, defaultPreprocess, evaluateStep, type Resident, type StepParts, trainStep, type TrainState } from './step.ts' // prettier-ignore

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
  /** The calls that make up a step on `count` samples. */
  readonly step: (count: number) => Promise<readonly StepPart[]>
  readonly setOrder: (order: Uint32Array) => void
  readonly evaluation: () => Promise<{
    readonly batches: readonly { readonly replay: Replay; readonly cursor: number }[]
    readonly ring: Ring
    readonly count: number
  }>
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
  const initial = initialState(options, parts, inputShape)
  const state = (await placeTree(device, await drawOnHost(initial, device))) as TrainState
  const order = fromHost(
    { shape: [sampleCount(train)], dtype: 'uint32', data: new Uint32Array(sampleCount(train)) },
    device,
  )
  const resident: Resident = { ...residentSplit(train, device), order }
  const columns = 1 + parts.metrics.length
  const ring = createRing(device, RING_ROWS, columns)
  const owned: Tensor[] = [resident.inputs, resident.targets, order]
  await usableStorage(order, 'createTrainer').ready

  const programs = new Map<string, Promise<Replay>>()
  const once = (key: string, make: () => Promise<Replay>): Promise<Replay> => {
    const known = programs.get(key) ?? make()
    programs.set(key, known)
    return known
  }

  let accumulating: Promise<AccumulatingState> | null = null
  const accumulatingState = (): Promise<AccumulatingState> => {
    accumulating ??= (async () => {
      const like = { gradients: state.params, metrics: Array.from({ length: columns }, () => zeros([])) }
      const blank = mapTree(like, (leaf) => (leaf instanceof Tensor ? zeros(leaf.shape, leaf.dtype) : leaf))
      const { gradients, metrics } = (await placeTree(device, blank)) as Pick<
        AccumulatingState,
        'gradients' | 'metrics'
      >
      return { ...state, gradients, metrics }
    })()
    return accumulating
  }

  const step = async (count: number): Promise<readonly StepPart[]> => {
    const micro = Math.min(options.microBatchSize ?? count, count)
    if (micro === count) {
      const replay = await once(`train ${count}`, () =>
        createReplay(device, trainStep(parts, count), state, resident, ARGUMENTS, ring),
      )
      return [{ replay, offset: 0, reports: true }]
    }
    const sums = await accumulatingState()
    const result: StepPart[] = []
    for (let offset = 0; offset < count; offset += micro) {
      const size = Math.min(micro, count - offset)
      const replay = await once(`accumulate ${size} of ${count}`, () =>
        createReplay(device, accumulateStep(parts, size, count), sums, resident, ARGUMENTS, null),
      )
      result.push({ replay, offset, reports: false })
    }
    const replay = await once('apply', () => createReplay(device, applyStep(parts), sums, resident, ARGUMENTS, ring))
    return [...result, { replay, offset: 0, reports: true }]
  }

  let testSplit: Pick<Resident, 'inputs' | 'targets'> | null = null
  const evaluation: Session['evaluation'] = async () => {
    if (test === undefined) throw new ArgumentError('evaluate: the trainer was made without data.test')
    if (testSplit === null) {
      testSplit = residentSplit(test, device)
      owned.push(testSplit.inputs, testSplit.targets)
    }
    const count = sampleCount(test)
    const batch = Math.min(count, Math.max(EVALUATION_BATCH, Math.ceil(count / RING_ROWS)))
    const inputs = { ...testSplit, state }
    const batches = []
    for (let cursor = 0; cursor < count; cursor += batch) {
      const size = Math.min(batch, count - cursor)
      const replay = await once(`evaluate ${size}`, () =>
        createReplay(device, evaluateStep(parts, size), {}, inputs, { cursor: 'int32' }, ring),
      )
      batches.push({ replay, cursor })
    }
    return { batches, ring, count }
  }

  return {
    device,
    state,
    ring,
    step,
    evaluation,
    setOrder: (given) => {
      device.backend.write(usableStorage(order, 'order').place!, order.aval, given)
    },
    dispose: () => {
      for (const leaf of flattenTree(state).leaves) if (leaf instanceof Tensor) disposeTensor(leaf)
      owned.forEach(disposeTensor)
      device.release(ring.buffer)
    },
  }
}

function residentSplit(split: Split, device: RuntimeDevice): Pick<Resident, 'inputs' | 'targets'> {
  return { inputs: fromHost(split.inputs, device), targets: fromHost(split.targets, device) }
}

function initialState(options: TrainerOptions, parts: StepParts, inputShape: readonly number[]): TrainState {
  const { params: made, state: model } = parts.model.init(random.key(parts.seed), inputShape)
  let params: TensorTree = made
  if (options.initialParams !== undefined) {
    const { rows, structure } = zipTrees('createTrainer: initialParams', [
      hostLeaves(made),
      hostLeaves(options.initialParams),
    ])
    const leaves = rows.map(([own, given]) => replaceParameter(own, given))
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

function replaceParameter(own: unknown, given: unknown): Tensor {
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
  return tensor(given.array.data, { shape: given.array.shape })
}

/** The tree's tensors in arenas; those that it is given are disposed, since nobody else has them. */
async function placeTree(device: RuntimeDevice, tree: unknown): Promise<unknown> {
  const { leaves, structure, paths } = flattenTree(tree)
  const tensors = leaves.map((leaf, i) => {
    if (!(leaf instanceof Tensor)) throw new DataError(`createTrainer: state at ${paths[i]} is no tensor`)
    return leaf
  })
  const packed = await packArena(device, tensors)
  tensors.forEach(disposeTensor)
  return unflattenTree(structure, packed)
}

/** Initial values are drawn on the CPU, so that a seed means the same weights on every device and none compiles kernels for it. */
async function drawOnHost(state: TrainState, device: RuntimeDevice): Promise<TrainState> {
  const host = await openDevice('cpu')
  const { leaves, structure } = flattenTree(state)
  const tensors = leaves.filter((leaf) => leaf instanceof Tensor)
  start(tensors, host)
  const arrays = await Promise.all(tensors.map(async (drawn) => ({ ...drawn.aval, data: await readData(drawn) })))
  tensors.forEach(disposeTensor)
  return unflattenTree(structure, arrays.map((array) => fromHost(array, device))) as TrainState // prettier-ignore
}
