// How far training is in, one line of text of a given width out. What does not fit is left out, the least important first; the
// bar takes the room that is left.

import type { DataProgress } from '../data/index.ts'
import { formatClock, formatCount, formatLoss, formatPercent, formatSpeed } from './format.ts'

/** Where training is. `loss` and `accuracy` are means over the epoch so far; `seconds` of training so far. */
export interface Progress {
  readonly epoch: number
  readonly epochs: number
  /** Steps done in all. */
  readonly step: number
  readonly stepsPerEpoch: number
  readonly loss: number
  readonly accuracy: number
  readonly samplesPerSecond: number
  readonly seconds: number
}

const LEAST_BAR = 8
const MOST_BAR = 32
const CYAN = '\x1b[36m'
const GREY = '\x1b[90m'
const RESET = '\x1b[0m'

/** Training's progress in at most `width` columns. */
export function progressLine(progress: Progress, width: number, color = false): string {
  const { epoch, epochs, step, stepsPerEpoch, seconds } = progress
  const done = Math.min(1, Math.max(0, (step - (epoch - 1) * stepsPerEpoch) / stepsPerEpoch))
  const secondsLeft = step > 0 ? (seconds / step) * Math.max(0, epochs * stepsPerEpoch - step) : Number.NaN
  const loss = `loss ${formatLoss(progress.loss)}`
  const accuracy = `accuracy ${formatPercent(progress.accuracy)}`
  const speed = formatSpeed(progress.samplesPerSecond)
  const left = Number.isFinite(secondsLeft) ? [`${formatClock(secondsLeft)} left`] : []
  const choices = [[loss, accuracy, speed, ...left], [loss, accuracy, ...left], [loss, ...left], left, []]
  return barLine(`epoch ${epoch}/${epochs}`, done, choices, width, color)
}

/** The progress of reading, fetching or generating data in at most `width` columns. */
export function dataLine({ stage, received, total }: DataProgress, width: number, color = false): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
  const amount = {
    read: `${received} of ${total} files`,
    download: `${megabytes(received)} of ${megabytes(total)} MB`,
    generate: `${formatCount(received)} of ${formatCount(total)}`,
  }[stage]
  const title = { read: 'reading MNIST', download: 'downloading MNIST', generate: 'generating digits' }[stage]
  return barLine(title, total > 0 ? Math.min(1, received / total) : 0, [[amount], []], width, color)
}

/** The first of `choices` that leaves room for a bar; without a bar when none does. */
function barLine(
  title: string,
  done: number,
  choices: readonly (readonly string[])[],
  width: number,
  color: boolean,
): string {
  const percent = `${Math.floor(100 * done)}%`.padStart(4)
  for (const fields of choices) {
    const tail = [percent, ...fields].join('  ')
    const room = width - title.length - tail.length - 3
    if (room >= LEAST_BAR) return `${title}  ${bar(done, Math.min(room, MOST_BAR), color)} ${tail}`
  }
  return `${title} ${percent}`.slice(0, Math.max(0, width))
}

function bar(done: number, width: number, color: boolean): string {
  const filled = Math.round(done * width)
  const [full, empty] = ['━'.repeat(filled), '─'.repeat(width - filled)]
  return color ? `${CYAN}${full}${GREY}${empty}${RESET}` : full + empty
}
