// Events of the session enter, the page's words and figures leave: the status line with its progress bar, the four
// figures, the names of device and data, and the one line for what went wrong.

import type { TrainReport } from 'wgrad'
import { element, setText } from './dom.ts'
import * as format from './format.ts'
import type { Evaluation, Prepared } from './protocol.ts'

/** The status line and the figures. */
export interface Figures {
  status(text: string): void
  /** Progress of what is under way, 0 to 1; undefined where it cannot be told. */
  progress(fraction: number | undefined): void
  prepared(prepared: Prepared): void
  report(report: TrainReport<'accuracy'>, epochs: number): void
  evaluation(evaluation: Evaluation): void
}

/** Connects the page's figures. */
export function createFigures(): Figures {
  const status = element('status', HTMLElement)
  const bar = element('progress', HTMLProgressElement)
  const figure = (id: string): ((text: string) => void) => {
    const target = element(id, HTMLElement)
    return (text) => setText(target, text)
  }
  const [accuracy, accuracyNote] = [figure('test-accuracy'), figure('test-accuracy-note')]
  const [loss, lossNote] = [figure('train-loss'), figure('train-loss-note')]
  const [speed, speedNote] = [figure('samples-per-second'), figure('samples-note')]
  const [epoch, step] = [figure('epoch'), figure('step-count')]
  const [device, dataset, program] = [figure('device-name'), figure('dataset-note'), figure('program')]

  return {
    status: (text) => setText(status, text),
    progress(fraction) {
      if (fraction === undefined) bar.removeAttribute('value')
      else bar.value = fraction
    },
    prepared(prepared) {
      accuracy('–')
      accuracyNote('not tested yet')
      loss('–')
      lossNote('cross-entropy')
      speed('–')
      speedNote('none seen yet')
      epoch('–')
      step('0')
      device(deviceText(prepared.device))
      dataset(datasetText(prepared.dataset))
      program(prepared.program)
    },
    report(report, epochs) {
      if (report.losses.length > 0) {
        loss(format.loss(report.loss))
        lossNote(report.losses.length === 1 ? 'of the last step' : `mean of ${report.losses.length} steps`)
      }
      if (Number.isFinite(report.samplesPerSecond)) speed(format.count(report.samplesPerSecond))
      speedNote(`${format.count(report.samples)} seen in ${format.duration(report.seconds)}`)
      epoch(epochs > 0 ? `${report.epoch} / ${epochs}` : String(report.epoch))
      step(format.count(report.step))
    },
    evaluation(evaluation) {
      accuracy(format.percent(evaluation.accuracy))
      accuracyNote(`at step ${format.count(evaluation.step)}`)
    },
  }
}

function deviceText({ kind, name, software }: Prepared['device']): string {
  const label = kind === 'webgpu' ? 'WebGPU' : 'CPU'
  const named = name === '' || name.toLowerCase() === kind ? label : `${label}: ${name}`
  return kind === 'webgpu' && software ? `${named} (software, no GPU)` : named
}

function datasetText({ name, source, trainCount, testCount }: Prepared['dataset']): string {
  const title = source.includes(name) ? source : `${name} from ${source}`
  const counts = `${format.count(trainCount)} images to train on, ${format.count(testCount)} to test`
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}: ${counts}.`
}

/** The one line for what went wrong. */
export interface Message {
  show(text: string): void
  hide(): void
}

/** Connects `#message`. */
export function createMessage(): Message {
  const line = element('message', HTMLElement)
  const text = element('message-text', HTMLElement)
  const hide = (): void => {
    line.hidden = true
    setText(text, '')
  }
  element('message-close', HTMLButtonElement).addEventListener('click', hide)
  return {
    hide,
    show(sentence) {
      line.hidden = false
      setText(text, sentence)
    },
  }
}
