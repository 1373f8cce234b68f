// createTrainer: a training session. Whole steps are encoded ahead, as many per submit as the time budget allows; metrics come
// back through the ring while later steps already run, so that no step waits for the host.

import { ArgumentError } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'
import { sampleCount } from '../data/dataset.ts'
import { currentDevice, runtimeDevice, type Device } from '../runtime/device.ts'
import { watchesNonFinite } from '../runtime/nonFinite.ts'
import { readRing } from '../runtime/replay.ts'
import { type Checkpoint, loadState, saveState } from './checkpoint.ts'
import { checkLearningRate, checkOptions, shuffledOrder, type TrainerOptions } from './options.ts'
import { createPredictor } from './predict.ts'
import { type Evaluation, metricsOf, type StepRecord, summarize, type TrainReport } from './report.ts'
import { openSession } from './session.ts'
import { yieldToHost } from './yield.ts'
import { platform } from '#platform'

/** How long `run` trains, and how often it reports. */
export interface RunOptions {
  /** Epochs to train from here. */
  readonly epochs?: number
  /** Steps to train from here, instead of epochs. */
  readonly steps?: number
  /** Milliseconds between progress reports. Default 250. */
  readonly reportEvery?: number
}

/** A training session; see `createTrainer`. */
export interface Trainer<Names extends string = string> {
  readonly device: Device
  /** Trains, and yields a report now and then and one at the end of every epoch. Leaving the loop stops training after the steps in flight. */
  readonly run: (options: RunOptions) => AsyncGenerator<TrainReport<Names>, void, undefined>
  /** Trains one step. */
  readonly step: () => Promise<TrainReport<Names>>
  readonly pause: () => void
  readonly resume: () => void
  readonly paused: boolean
  /** The learning rate of the next encoded step; a schedule if the optimizer has one and none was set. */
  learningRate: number
  readonly evaluate: () => Promise<Evaluation<Names>>
  /** The model's output for a batch of inputs, in evaluation mode. */
  readonly predict: (inputs: HostArray) => Promise<HostArray>
  readonly save: () => Promise<Checkpoint>
  /** @throws DataError when the checkpoint is of another model, optimizer or data set size. */
  readonly load: (checkpoint: Checkpoint) => Promise<void>
  /** The compiled step as text: dispatches, buffers, peak bytes. */
  readonly program: () => string
  /** Dispatches of one full step. */
  readonly dispatchesPerStep: number
  readonly dispose: () => Promise<void>
}

const IN_FLIGHT = 2
const LARGEST_CHUNK = 512

/**
 * Makes a training session: the dataset and all state go to the device, the step is compiled once.
 * @throws ArgumentError, ShapeError, DTypeError or DataError that names the option at fault, before any work is done; DeviceError when the device
 * refuses memory or a kernel.
 */
export async function createTrainer<Names extends string>(options: TrainerOptions<Names>): Promise<Trainer<Names>> {
  checkOptions(options)
  const device = options.device === undefined ? currentDevice() : runtimeDevice(options.device)
  const session = await openSession(options, device)
  const names = Object.keys(options.metrics ?? {}) as Names[]
  const count = sampleCount(options.data.train)
  const { batchSize } = options
  const stepsPerEpoch = Math.ceil(count / batchSize)
  const remainder = count % batchSize
  const fullStep = await session.step(batchSize)
  const lastStep = remainder === 0 ? fullStep : await session.step(remainder)
  const predictor = createPredictor(session, options)
  const budget = options.submitBudget ?? (platform.name === 'browser' ? 6 : 50)

  let step = 0
  let samples = 0
  let seconds = 0
  let orderedEpoch = -1
  let chosenRate: number | null = null
  /** Steps per submit: grows from 1, so that the first is short, towards what fills the time budget. */
  let chunk = 1
  let disposed = false
  let resumed: { promise: Promise<void>; resolve: () => void } | null = null
  let busy: Promise<unknown> = Promise.resolve()

  const rateOf = (at: number): number => {
    const rate = chosenRate ?? options.optimizer.learningRate
    return typeof rate === 'function' ? rate(at) : rate
  }

  const checkOpen = (): void => {
    if (disposed) throw new ArgumentError('this trainer was disposed')
  }

  /** Runs `task` when no other encodes: a single step, an evaluation and a run take turns. */
  const exclusive = <T>(task: () => Promise<T>): Promise<T> => {
    const result = busy.then(task)
    busy = result.catch(() => undefined)
    return result
  }

  const prepareEpoch = (epoch: number): void => {
    if (orderedEpoch === epoch) return
    const order = options.order?.(epoch) ?? shuffledOrder(count, options.seed ?? 0, epoch)
    if (order.length !== count)
      throw new ArgumentError(`order(${epoch}) must give ${count} positions, got ${order.length}`)
    session.setOrder(order)
    orderedEpoch = epoch
  }

  /** Goes on by one step: the calls that it is made of, and what is known of it before it has run. */
  const advance = () => {
    const epoch = Math.floor(step / stepsPerEpoch)
    prepareEpoch(epoch)
    const index = step % stepsPerEpoch
    const learningRate = rateOf(step)
    checkLearningRate(learningRate)
    const row = step % session.ring.rows
    const parts = index === stepsPerEpoch - 1 ? lastStep : fullStep
    const calls = parts.map((part) => {
      return {
        replay: part.replay,
        row: { args: { cursor: index * batchSize + part.offset, learningRate, step }, ringRow: row },
      }
    })
    const size = Math.min(batchSize, count - index * batchSize)
    samples += size
    step++
    const record: Omit<StepRecord, 'values'> = { step, epoch: epoch + 1, samples: size, learningRate }
    return { calls, row, record }
  }

  /** Encodes up to `limit` steps of one epoch; `collect` submits them with the read-back of what they report. */
  const encode = (limit: number): { records: Omit<StepRecord, 'values'>[]; rows: number[] } => {
    const last = Math.min(step + limit, (Math.floor(step / stepsPerEpoch) + 1) * stepsPerEpoch)
    const records: Omit<StepRecord, 'values'>[] = []
    const rows: number[] = []
    while (step < last) {
      const { calls, row, record } = advance()
      for (const call of calls) call.replay.run([call.row])
      records.push(record)
      rows.push(row)
    }
    return { records, rows }
  }

  /** One step, waited for and checked: with debug.nans on. */
  const watchedStep = async (): ReturnType<typeof collect> => {
    const { calls, row, record } = advance()
    for (const call of calls) await call.replay.runWatched(call.row, `training step ${record.step}`)
    return collect({ records: [record], rows: [row] })
  }

  const trainStep = (): ReturnType<typeof collect> => (watchesNonFinite() ? watchedStep() : collect(encode(1)))

  const collect = async (encoded: ReturnType<typeof encode>): Promise<StepRecord[]> => {
    const { ring } = session
    const data = await readRing(device, ring)
    return encoded.records.map((record, i) => {
      const at = encoded.rows[i]! * ring.columns
      return { ...record, values: Array.from(data.subarray(at, at + ring.columns)) }
    })
  }

  const totals = (began: { samples: number; seconds: number }) => ({
    stepsPerEpoch,
    samples,
    seconds,
    samplesPerSecond: (samples - began.samples) / Math.max(1e-9, seconds - began.seconds),
  })

  /** Encodes steps until `end`, the end of the epoch, a pause or `until` milliseconds have passed; returns what they reported. */
  const train = async (end: number, milliseconds: number): Promise<StepRecord[]> => {
    checkOpen()
    const started = performance.now()
    const epochEnd = (Math.floor(step / stepsPerEpoch) + 1) * stepsPerEpoch
    const stop = Math.min(end, epochEnd)
    const inFlight: Promise<StepRecord[]>[] = []
    const records: StepRecord[] = []
    let previous = started
    while (
      step < stop &&
      !disposed &&
      resumed === null &&
      (records.length === 0 || performance.now() - started < milliseconds)
    ) {
      if (watchesNonFinite()) {
        records.push(...(await watchedStep()))
        await yieldToHost()
        continue
      }
      const size = Math.min(Math.floor(chunk), stop - step)
      const begun = performance.now()
      inFlight.push(collect(encode(size)))
      if (inFlight.length < IN_FLIGHT && device.kind === 'webgpu') continue
      records.push(...(await inFlight.shift()!))
      const now = performance.now()
      const elapsed = now - (device.kind === 'webgpu' ? previous : begun)
      // a chunk that was cut short by the end of an epoch says little about what a full one takes
      if (size >= chunk / 2)
        chunk = Math.min(LARGEST_CHUNK, Math.max(1, chunk * Math.min(2, Math.max(0.5, budget / elapsed))))
      previous = now
      await yieldToHost()
    }
    for (const rest of inFlight) records.push(...(await rest))
    seconds += (performance.now() - started) / 1000
    return records
  }

  async function* run({
    epochs,
    steps,
    reportEvery = 250,
  }: RunOptions): AsyncGenerator<TrainReport<Names>, void, undefined> {
    if ((epochs === undefined) === (steps === undefined)) throw new ArgumentError('run: name either epochs or steps')
    const amount = epochs ?? steps ?? 0
    if (!Number.isInteger(amount) || amount < 1)
      throw new ArgumentError(
        `run: ${epochs === undefined ? 'steps' : 'epochs'} must be an integer of at least 1, got ${amount}`,
      )
    const end = steps === undefined ? (Math.floor(step / stepsPerEpoch) + amount) * stepsPerEpoch : step + steps
    const began = { samples, seconds }
    while (step < end && !disposed) {
      const waiting = resumed
      if (waiting !== null) await waiting.promise
      const records = await exclusive(() => train(end, reportEvery))
      if (records.length === 0) {
        await yieldToHost()
        continue
      }
      const kind = records.at(-1)!.step % stepsPerEpoch === 0 ? 'epoch' : 'progress'
      yield summarize(kind, records, names, totals(began))
    }
  }

  const trainer: Trainer<Names> = {
    device,
    run,
    step: () =>
      exclusive(async () => {
        checkOpen()
        const began = { samples, seconds }
        const started = performance.now()
        const records = await trainStep()
        seconds += (performance.now() - started) / 1000
        return summarize(records[0]!.step % stepsPerEpoch === 0 ? 'epoch' : 'progress', records, names, totals(began))
      }),
    pause: () => {
      if (resumed !== null) return
      let resolve = (): void => {}
      const promise = new Promise<void>((done) => {
        resolve = done
      })
      resumed = { promise, resolve }
    },
    resume: () => {
      const waiting = resumed
      resumed = null
      waiting?.resolve()
    },
    get paused() {
      return resumed !== null
    },
    get learningRate() {
      return rateOf(step)
    },
    set learningRate(rate: number) {
      checkLearningRate(rate)
      chosenRate = rate
    },
    evaluate: () =>
      exclusive(async () => {
        checkOpen()
        const { batches, ring, count: total } = await session.evaluation()
        const started = performance.now()
        for (const [i, { replay, cursor }] of batches.entries()) {
          const row = { args: { cursor }, ringRow: i }
          if (watchesNonFinite()) await replay.runWatched(row, 'evaluate')
          else replay.run([row])
        }
        const data = await readRing(device, ring)
        const sumOf = (column: number): number =>
          batches.reduce((sum, _, i) => sum + data[i * ring.columns + column]!, 0)
        const metrics = metricsOf(names, (i) => sumOf(i + 1) / total)
        return { loss: sumOf(0) / total, metrics, count: total, seconds: (performance.now() - started) / 1000 }
      }),
    predict: (inputs) => exclusive(() => predictor(inputs)),
    save: () => exclusive(() => saveState(session, { step, samples, seconds })),
    load: (checkpoint) =>
      exclusive(async () => {
        const progress = await loadState(session, checkpoint)
        step = progress.step
        samples = progress.samples
        seconds = progress.seconds
      }),
    program: () => fullStep.map((part) => part.replay.print()).join('\n\n'),
    dispatchesPerStep: fullStep.reduce((total, part) => total + part.replay.dispatches, 0),
    dispose: () => {
      disposed = true
      trainer.resume()
      return exclusive(async () => {
        await device.backend.idle()
        session.dispose()
        await device.idle()
      })
    },
  }
  return trainer
}
