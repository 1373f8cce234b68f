// fit: the one-call form of training.

import { createTrainer, type Trainer } from './trainer.ts'
import type { TrainerOptions } from './options.ts'
import type { Evaluation, TrainReport } from './report.ts'

/** What `fit` takes beside the trainer's options. */
export interface FitOptions<Names extends string> extends TrainerOptions<Names> {
  readonly epochs: number
  readonly onReport?: (report: TrainReport<Names>) => void
}

/** What `fit` gives. */
export interface FitResult<Names extends string> {
  readonly trainer: Trainer<Names>
  /** The report of every epoch. */
  readonly history: readonly TrainReport<Names>[]
  /** The result on `data.test`, if there is one. */
  readonly evaluation: Evaluation<Names> | null
}

/** Trains for `epochs`, then evaluates. */
export async function fit<Names extends string>(options: FitOptions<Names>): Promise<FitResult<Names>> {
  const trainer = await createTrainer(options)
  const history: TrainReport<Names>[] = []
  for await (const report of trainer.run({ epochs: options.epochs })) {
    options.onReport?.(report)
    if (report.kind === 'epoch') history.push(report)
  }
  return { trainer, history, evaluation: options.data.test === undefined ? null : await trainer.evaluate() }
}
