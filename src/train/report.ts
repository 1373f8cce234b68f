// What a trainer tells: reports of training, and results of evaluation.

/** Training progress since the last report. */
export interface TrainReport<Names extends string = string> {
  /** `epoch` when an epoch has just ended, else `progress`. */
  readonly kind: 'progress' | 'epoch'
  /** The epoch of the last step, counted from 1. */
  readonly epoch: number
  /** Steps done in all. */
  readonly step: number
  readonly stepsPerEpoch: number
  /** Samples seen in all. */
  readonly samples: number
  /** Mean loss over the steps since the last report. */
  readonly loss: number
  /** Means of the metrics over the same steps. */
  readonly metrics: Readonly<Record<Names, number>>
  /** The loss of every step since the last report. */
  readonly losses: readonly number[]
  /** The learning rate of the last step. */
  readonly learningRate: number
  /** Samples per second since the run began. */
  readonly samplesPerSecond: number
  /** Seconds of training so far, pauses and evaluation left out. */
  readonly seconds: number
  /** The identity of the tuning table: runs that share it, and all else, agree to the bit. */
  readonly tuning: string
  /** The table of the checkpoint that training went on from, where that was another one: the bits are not those of one run. */
  readonly resumedFrom: string | null
}

/** The result of `evaluate()`. */
export interface Evaluation<Names extends string = string> {
  readonly loss: number
  readonly metrics: Readonly<Record<Names, number>>
  /** Samples evaluated. */
  readonly count: number
  readonly seconds: number
}

/** The values of one step, as they come out of the metrics ring. */
export interface StepRecord {
  readonly step: number
  readonly epoch: number
  readonly samples: number
  readonly learningRate: number
  /** The mean loss, then the metrics. */
  readonly values: readonly number[]
}

/** A report of steps; `records` is not empty. */
export function summarize<Names extends string>(
  kind: TrainReport['kind'],
  records: readonly StepRecord[],
  names: readonly Names[],
  totals: {
    readonly stepsPerEpoch: number
    readonly samples: number
    readonly seconds: number
    readonly samplesPerSecond: number
    readonly tuning: string
    readonly resumedFrom: string | null
  },
): TrainReport<Names> {
  const weight = records.reduce((total, record) => total + record.samples, 0)
  const average = (column: number): number =>
    records.reduce((total, record) => total + record.values[column]! * record.samples, 0) / weight
  const last = records.at(-1)!
  return {
    kind,
    epoch: last.epoch,
    step: last.step,
    loss: average(0),
    metrics: metricsOf(names, (i) => average(i + 1)),
    losses: records.map((record) => record.values[0]!),
    learningRate: last.learningRate,
    ...totals,
  }
}

/** Named metric values. */
export function metricsOf<Names extends string>(
  names: readonly Names[],
  value: (index: number) => number,
): Record<Names, number> {
  return Object.fromEntries(names.map((name, i) => [name, value(i)])) as Record<Names, number>
}
