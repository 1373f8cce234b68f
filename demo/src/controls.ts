// The reader's buttons and fields enter, commands and checked settings leave. A field that makes no sense is marked and
// reported, and the last good value stays in force.

import { element, setText } from './dom.ts'
import * as format from './format.ts'
import type { SessionState } from './protocol.ts'
import { BATCH_SIZES, LEARNING_RATES, parseLearningRate, parseWhole } from './settings.ts'
import type { DeviceChoice, OptimizerName, Settings } from './settings.ts'

/** What the reader can ask for. */
export interface ControlsListener {
  start(): void
  pause(): void
  step(): void
  reset(): void
  /** A field was changed to a good value. */
  change(settings: Settings): void
  /** A field was changed to a value that makes no sense: a sentence about it. */
  problem(text: string): void
}

/** The buttons and fields. */
export interface Controls {
  settings(): Settings
  /** Offers the opened MNIST files and chooses them. */
  chooseFiles(): void
  showState(state: SessionState): void
  /** Names the settings that wait for a reset; none hides the line. */
  showPending(names: readonly string[]): void
}

/** Connects the form of the page, filled with `initial`. */
export function createControls(initial: Settings, listener: ControlsListener): Controls {
  let settings = initial
  const change = (changed: Partial<Settings>): void => {
    settings = { ...settings, ...changed }
    listener.change(settings)
  }
  const learningRate = connectLearningRate(
    initial.learningRate,
    (value) => change({ learningRate: value }),
    listener.problem,
  )
  connectWhole('epochs', 'Epochs', initial.epochs, (epochs) => change({ epochs }), listener.problem)

  const batchSizes = [...new Set([...BATCH_SIZES, initial.batchSize])].sort((a, b) => a - b)
  for (const size of batchSizes)
    element('batch-size', HTMLSelectElement).add(new Option(format.count(size), String(size)))
  connectSelect('batch-size', String(initial.batchSize), (value) => change({ batchSize: Number(value) }))
  connectSelect<DeviceChoice>('device', initial.device, (device) => change({ device }))
  const dataset = connectSelect<Settings['dataset']>('dataset', initial.dataset, (value) => change({ dataset: value }))
  connectSelect<OptimizerName>('optimizer', initial.optimizer, (optimizer) => {
    // each optimizer has its own scale of learning rates: one that was left alone follows
    const followed = settings.learningRate === LEARNING_RATES[settings.optimizer]
    const rate = followed ? LEARNING_RATES[optimizer] : settings.learningRate
    learningRate.show(rate)
    change({ optimizer, learningRate: rate })
  })

  const start = button('start', listener.start)
  const pause = button('pause', listener.pause)
  const step = button('step', listener.step)
  button('reset', listener.reset)
  element('settings', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault())

  return {
    settings: () => settings,
    chooseFiles() {
      for (const option of dataset.options) option.disabled = false
      dataset.value = 'files'
      change({ dataset: 'files' })
    },
    showState(state) {
      const running = state === 'running'
      const focused = document.activeElement
      setText(start, state === 'paused' ? 'Resume' : state === 'finished' ? 'Continue' : 'Start')
      start.disabled = step.disabled = running
      pause.disabled = !running
      // a disabled button loses the keyboard's focus: hand it to the button that undoes the press
      if (running && (focused === start || focused === step)) pause.focus()
      if (!running && focused === pause) start.focus()
    },
    showPending(names) {
      setText(element('pending', HTMLElement), names.length > 0 ? `Reset to apply: ${names.join(', ')}.` : '')
      element('reset', HTMLButtonElement).classList.toggle('asked', names.length > 0)
    },
  }
}

function button(id: string, onPress: () => void): HTMLButtonElement {
  const found = element(id, HTMLButtonElement)
  found.addEventListener('click', onPress)
  return found
}

function connectSelect<T extends string>(id: string, initial: T, onChange: (value: T) => void): HTMLSelectElement {
  const select = element(id, HTMLSelectElement)
  select.value = initial
  select.addEventListener('change', () => onChange(select.value as T)) // its options are the values of T
  return select
}

function connectWhole(
  id: string,
  label: string,
  initial: number,
  onChange: (value: number) => void,
  onProblem: (text: string) => void,
): void {
  const input = element(id, HTMLInputElement)
  input.value = String(initial)
  input.addEventListener('change', () => {
    const parsed = parseWhole(input.value, label, Number(input.min), Number(input.max))
    input.ariaInvalid = String(typeof parsed === 'string')
    if (typeof parsed === 'string') onProblem(parsed)
    else onChange(parsed)
  })
}

/** The text field and the logarithmic slider of the learning rate move together. */
function connectLearningRate(
  initial: number,
  onChange: (value: number) => void,
  onProblem: (text: string) => void,
): { show(value: number): void } {
  const input = element('learning-rate', HTMLInputElement)
  const slider = element('learning-rate-slider', HTMLInputElement)
  const showSlider = (value: number): void => {
    slider.value = String(Math.log10(value))
    slider.setAttribute('aria-valuetext', format.rate(value))
  }
  const show = (value: number): void => {
    input.value = format.rate(value)
    input.ariaInvalid = 'false'
    showSlider(value)
  }
  input.addEventListener('change', () => {
    const parsed = parseLearningRate(input.value)
    input.ariaInvalid = String(typeof parsed === 'string')
    if (typeof parsed === 'string') return onProblem(parsed)
    showSlider(parsed)
    onChange(parsed)
  })
  slider.addEventListener('input', () => {
    const value = Number((10 ** Number(slider.value)).toPrecision(2))
    show(value)
    onChange(value)
  })
  show(initial)
  return { show }
}
