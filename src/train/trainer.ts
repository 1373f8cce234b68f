// createTrainer: a training session. Whole steps are encoded ahead, as many per submit as the time budget allows; metrics come
// back through the ring while later steps already run, so that no step waits for the host.

import type { TuningTable } from '../compiler/variants.ts'
import { ArgumentError } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'
import { sampleCount } from '../data/dataset.ts'
import { currentDevice, runtimeDevice, type Device } from '../runtime/device.ts'
import { watchesNonFinite } from '../runtime/nonFinite.ts'
import { readRing } from '../runtime/replay.ts'
import { type Checkpoint, loadState, saveState } from './checkpoint.ts'
import { createFlights, type EncodedStep } from './flights.ts'
import { checkLearningRate, checkOptions, shuffledOrder, type TrainerOptions } from './options.ts'
import type { TrainerMemory } from './memoryReport.ts'
import { createPredictor } from './predict.ts'
import { type ProfileOptions, profileStep } from './profile.ts'
import { type Evaluation, metricsOf, type StepRecord, summarize, type TrainReport } from './report.ts'
import { openSession, type Session, type StepPart } from './session.ts'
import type { StepProfile } from './stepProfile.ts'
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
  /**
   * Whether a person may be looking at the page: submits are then short, so that it stays live. What the page of this thread says,
   * until it is set; a Worker cannot tell, takes it for visible, and is told here by its page. The option `submitBudget` overrules it.
   */
  visible: boolean
  /** The learning rate of the next encoded step; a schedule if the optimizer has one and none was set. */
  learningRate: number
  readonly evaluate: () => Promise<Evaluation<Names>>
  /** The model's output for a batch of inputs, in evaluation mode. */
  readonly predict: (inputs: HostArray) => Promise<HostArray>
  readonly save: () => Promise<Checkpoint>
  /** @throws DataError when the checkpoint is of another model, optimizer or data set size. */
  readonly load: (checkpoint: Checkpoint) => Promise<void>
  /** The variants of its contractions by shape class; given to another trainer as `tune`, it makes the same bits. */
  readonly tuning: TuningTable
  /** The compiled step as text: dispatches, buffers, peak bytes. */
  readonly program: () => string
  /** Into how many parts a full batch is split, see the option `microBatchSize`. */
  readonly microBatches: number
  /** Dispatches of one full step. */
  readonly dispatchesPerStep: number
  /** The bytes held on the device, known before the first step; as text, a table. */
  readonly memory: () => TrainerMemory
  /**
   * Times the dispatches of a full step, each alone, and holds them against what the device can do; as text, a table. Training goes
   * on from where it was: parameters, optimizer state, step and metrics stay as they are.
   * @throws ArgumentError when `steps` is no positive integer.
   */
  readonly profile: (options?: ProfileOptions) => Promise<StepProfile>
  readonly dispose: () => Promise<void>
}

/** Milliseconds of device time per submit: the compositor shares the queue of a page that can be seen. */
const VISIBLE_BUDGET = 6
const HIDDEN_BUDGET = 50

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
  const fullStep = await readyStep(session, batchSize)
  const predictor = createPredictor(session, options)
  const flights = createFlights(device, session.ring)
  /** The calls of an epoch's last step; null until they are compiled, which is after a first step has come back. */
  let lastStep: readonly StepPart[] | null = remainder === 0 ? fullStep : null
  let compiling: Promise<void> | null = null

  let step = 0
  let samples = 0
  let seconds = 0
  let resumedFrom: string | null = null
  let orderedEpoch = -1
  let chosenRate: number | null = null
  let chosenVisible: boolean | null = null
  let trainedUntil = 0
  /** What came back while something else than a run was waiting for it. */
  let landed: StepRecord[] = []
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

  const isVisible = (): boolean => chosenVisible ?? platform.visible()
  const budget = (): number => options.submitBudget ?? (isVisible() ? VISIBLE_BUDGET : HIDDEN_BUDGET)

  /** Runs `task` when no other encodes: a single step, an evaluation and a run take turns. */
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = busy.then(task)
    busy = result.catch(() => undefined)
    return result
  }

  /** The same after the steps under way. */
  const exclusive = <T>(task: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      landed.push(...(await timed(landAll)))
      return task()
    })

  /** Counts the time that a training task takes, and that which steps under way took since the last one. */
  const timed = async <T>(task: () => Promise<T>): Promise<T> => {
    const started = performance.now()
    const before = flights.steps() === 0 ? 0 : Math.min(started - trainedUntil, flights.time())
    try {
      return await task()
    } finally {
      trainedUntil = performance.now()
      seconds += (trainedUntil - started + before) / 1000
    }
  }

  const land = async (): Promise<StepRecord[]> => {
    const records = await flights.land()
    for (const record of records) samples += record.samples
    if (records.length > 0 && lastStep === null) compileLast().catch(() => undefined) // thrown where it is needed
    return records
  }
  const landAll = async (): Promise<StepRecord[]> => {
    const records: StepRecord[] = []
    while (flights.steps() > 0) records.push(...(await land()))
    return records
  }

  const compileLast = (): Promise<void> => {
    compiling ??= session.step(remainder).then((parts) => {
      lastStep = parts
    })
    return compiling
  }

  const prepareEpoch = (epoch: number): void => {
    if (orderedEpoch === epoch) return
    const order = options.order?.(epoch) ?? shuffledOrder(count, options.seed ?? 0, epoch)
    if (order.length !== count)
      throw new ArgumentError(`order(${epoch}) must give ${count} positions, got ${order.length}`)
    session.setOrder(order)
    orderedEpoch = epoch
  }

  /** Steps that can be encoded at once: to the end of the epoch, but only with a last step that is compiled. */
  const encodable = async (): Promise<number> => {
    const left = stepsPerEpoch - (step % stepsPerEpoch)
    if (left === 1 && lastStep === null) await compileLast()
    return lastStep === null ? left - 1 : left
  }

  /** Goes on by one step: the calls that it is made of, and what is known of it before it has run. */
  const advance = () => {
    const epoch = Math.floor(step / stepsPerEpoch)
    prepareEpoch(epoch)
    const index = step % stepsPerEpoch
    const learningRate = rateOf(step)
    checkLearningRate(learningRate)
    const ringRow = step % session.ring.rows
    const parts = index === stepsPerEpoch - 1 ? lastStep! : fullStep
    const calls = parts.map((part) => {
      return {
        replay: part.replay,
        row: { args: { cursor: index * batchSize + part.offset, learningRate, step }, ringRow },
      }
    })
    const size = Math.min(batchSize, count - index * batchSize)
    step++
    const record: EncodedStep['record'] = { step, epoch: epoch + 1, samples: size, learningRate }
    return { calls, encoded: { record, ringRow } }
  }

  /** Encodes `amount` steps. */
  const encode = (amount: number): EncodedStep[] =>
    Array.from({ length: amount }, () => {
      const { calls, encoded } = advance()
      for (const call of calls) call.replay.run([call.row])
      return encoded
    })

  /** One step, waited for; with debug.nans on also checked. */
  const trainStep = async (): Promise<StepRecord[]> => {
    await encodable()
    if (!watchesNonFinite()) {
      flights.send(() => encode(1))
      return landAll()
    }
    const { calls, encoded } = advance()
    for (const call of calls) await call.replay.runWatched(call.row, `training step ${encoded.record.step}`)
    flights.send(() => [encoded])
    return landAll()
  }

  const totals = (began: { samples: number; seconds: number }) => ({
    stepsPerEpoch,
    samples,
    seconds,
    samplesPerSecond: (samples - began.samples) / Math.max(1e-9, seconds - began.seconds),
    tuning: session.tuning().identity,
    resumedFrom,
  })

  /** Trains until `end`, the end of the epoch, a pause or `milliseconds` have passed; returns what came back meanwhile. */
  const train = async (end: number, milliseconds: number): Promise<StepRecord[]> => {
    checkOpen()
    const records = landed
    landed = []
    if (records.length > 0 && step % stepsPerEpoch === 0) return records
    const started = performance.now()
    const stop = Math.min(end, (Math.floor(step / stepsPerEpoch) + 1) * stepsPerEpoch)
    while (
      step < stop &&
      !disposed &&
      resumed === null &&
      (records.length === 0 || performance.now() - started < milliseconds)
    ) {
      if (watchesNonFinite()) {
        records.push(...(await landAll()), ...(await trainStep()))
        continue
      }
      const size = Math.min(flights.room(budget()), stop - step, await encodable())
      if (size === 0) records.push(...(await land()))
      else flights.send(() => encode(size))
    }
    if (step >= stop || disposed || resumed !== null) records.push(...(await landAll()))
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
    try {
      while ((step < end || landed.length > 0) && !disposed) {
        const waiting = resumed
        if (waiting !== null) await waiting.promise
        const records = await inTurn(() => timed(() => train(end, reportEvery)))
        if (records.length === 0) {
          await yieldToHost()
          continue
        }
        const kind = records.at(-1)!.step % stepsPerEpoch === 0 ? 'epoch' : 'progress'
        yield summarize(kind, records, names, totals(began))
      }
    } finally {
      await inTurn(() => timed(landAll)) // where the loop was left, what is still under way is nobody's report
      landed = []
    }
  }

  const trainer: Trainer<Names> = {
    device,
    run,
    step: () =>
      exclusive(async () => {
        checkOpen()
        const began = { samples, seconds }
        const records = await timed(trainStep)
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
    get visible() {
      return isVisible()
    },
    set visible(visible: boolean) {
      chosenVisible = visible
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
        const data = await readRing(device, ring, 0, batches.length - 1)
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
        resumedFrom = checkpoint.tuning === session.tuning().identity ? null : checkpoint.tuning
        step = progress.step
        samples = progress.samples
        seconds = progress.seconds
      }),
    program: () => fullStep.map((part) => part.replay.print()).join('\n\n'),
    tuning: session.tuning(),
    microBatches: Math.max(1, fullStep.filter((part) => !part.reports).length),
    dispatchesPerStep: fullStep.reduce((total, part) => total + part.replay.dispatches, 0),
    memory: session.memory,
    profile: (given = {}) =>
      exclusive(() => {
        checkOpen()
        prepareEpoch(Math.floor(step / stepsPerEpoch))
        const args = { learningRate: rateOf(step), step }
        const calls = session.callsOf(() =>
          fullStep.forEach(({ replay, offset }) => replay.run([{ args: { ...args, cursor: offset }, ringRow: 0 }])),
        )
        return profileStep(device.backend, { calls, batchSize }, given)
      }),
    dispose: () => {
      disposed = true
      trainer.resume()
      return inTurn(async () => {
        await landAll().catch(() => undefined)
        await compiling?.catch(() => undefined)
        await device.backend.idle()
        session.dispose()
        await device.idle()
      })
    },
  }
  return trainer
}

/** The full step, ready to run on a filled session; a session that cannot have it is disposed. */
async function readyStep(session: Session, batchSize: number): Promise<readonly StepPart[]> {
  const [step, filled] = await Promise.allSettled([session.step(batchSize), session.filled])
  if (step.status === 'fulfilled' && filled.status === 'fulfilled') return step.value
  session.dispose()
  throw step.status === 'rejected' ? step.reason : (filled as PromiseRejectedResult).reason
}
