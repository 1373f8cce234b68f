// Losses and accuracies enter step by step, lines of a bounded number of points leave: a million steps cost a chart no
// more than a thousand. When a line is full, neighbouring points are merged and every later point spans twice the steps.

/** The loss lines: `mean[i]` over the steps up to `x[i]`, and `smooth[i]`, an exponential moving average over steps. */
export interface LossHistory {
  readonly x: number[]
  readonly mean: number[]
  readonly smooth: number[]
  /** Adds the losses of consecutive steps, of which the last is `lastStep`. */
  add(lastStep: number, losses: readonly number[]): void
}

const DECAY = 0.9 // about ten steps: the trend shows, the mini-batch noise does not

/** An empty loss history of at most `capacity` points. */
export function createLossHistory(capacity = 1200): LossHistory {
  const x: number[] = []
  const mean: number[] = []
  const smooth: number[] = []
  let span = 1 // steps per point
  let pending = { sum: 0, count: 0 }
  let average = 0
  let weight = 0

  const halve = (): void => {
    for (let i = 0; 2 * i + 1 < x.length; i++) {
      x[i] = x[2 * i + 1] ?? 0
      mean[i] = ((mean[2 * i] ?? 0) + (mean[2 * i + 1] ?? 0)) / 2
      smooth[i] = smooth[2 * i + 1] ?? 0
    }
    for (const line of [x, mean, smooth]) line.length = Math.floor(line.length / 2)
    span *= 2
  }

  const add = (lastStep: number, losses: readonly number[]): void => {
    for (const [i, loss] of losses.entries()) {
      average = DECAY * average + (1 - DECAY) * loss
      weight = DECAY * weight + (1 - DECAY) // corrects the start from zero
      pending = { sum: pending.sum + loss, count: pending.count + 1 }
      if (pending.count < span) continue
      x.push(lastStep - losses.length + 1 + i)
      mean.push(pending.sum / pending.count)
      smooth.push(average / weight)
      pending = { sum: 0, count: 0 }
      if (x.length >= capacity) halve()
    }
  }
  return { x, mean, smooth, add }
}

/** The accuracy lines: at `x[i]`, of training (smoothed) and of the test set, each null where it was not measured. */
export interface AccuracyHistory {
  readonly x: number[]
  readonly train: (number | null)[]
  readonly test: (number | null)[]
  /** The mean accuracy over the last `steps` batches: it moves the training line the more, the more they are. */
  addTrain(step: number, accuracy: number, steps: number): void
  addTest(step: number, accuracy: number): void
}

/** An empty accuracy history. Above `capacity` points every other training point goes; test points stay. */
export function createAccuracyHistory(capacity = 1200): AccuracyHistory {
  const x: number[] = []
  const train: (number | null)[] = []
  const test: (number | null)[] = []
  let average = 0
  let weight = 0

  // Steps must not go back: an evaluation may come in before the last report of the steps that it includes.
  const rowAt = (step: number): number => {
    const last = x.at(-1)
    if (last === undefined || step > last) {
      x.push(step)
      train.push(null)
      test.push(null)
    }
    return x.length - 1
  }

  const thin = (): void => {
    const kept = x.map((_, i) => i).filter((i) => i % 2 === 1 || test[i] !== null)
    for (const [to, from] of kept.entries()) {
      x[to] = x[from] ?? 0
      train[to] = train[from] ?? null
      test[to] = test[from] ?? null
    }
    x.length = train.length = test.length = kept.length
  }

  return {
    x,
    train,
    test,
    addTrain(step, accuracy, steps) {
      const kept = DECAY ** steps
      average = kept * average + (1 - kept) * accuracy
      weight = kept * weight + (1 - kept)
      if (x.length >= capacity) thin()
      train[rowAt(step)] = average / weight
    },
    addTest(step, accuracy) {
      test[rowAt(step)] = accuracy
    },
  }
}
