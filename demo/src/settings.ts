// The URL's parameters enter, settings leave, and back: the address of the page is its saved state. A parameter that
// makes no sense leaves as a sentence for the reader, and its default is used.

/** How the weights are updated. */
export type OptimizerName = 'sgd' | 'momentum' | 'adam'

/** Which device the reader asked for. */
export type DeviceChoice = 'auto' | 'webgpu' | 'cpu'

/** Everything that decides a training run. `dataset` names a loaded set; it is not part of the address. */
export interface Settings {
  readonly device: DeviceChoice
  readonly optimizer: OptimizerName
  readonly learningRate: number
  readonly batchSize: number
  readonly epochs: number
  readonly trainCount: number
  readonly testCount: number
  readonly seed: number
  readonly dataset: 'digits' | 'files'
}

/** A learning rate for each optimizer with which 784-128-10 trains well. */
export const LEARNING_RATES: Readonly<Record<OptimizerName, number>> = { sgd: 0.1, momentum: 0.03, adam: 0.001 }

/** The batch sizes that the page offers. */
export const BATCH_SIZES: readonly number[] = [1, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]

/** What the page starts with. */
export const DEFAULTS: Settings = {
  device: 'auto',
  optimizer: 'sgd',
  learningRate: LEARNING_RATES.sgd,
  batchSize: 128,
  epochs: 5,
  trainCount: 60000,
  testCount: 10000,
  seed: 0,
  dataset: 'digits',
}

type WholeNumber = 'batchSize' | 'epochs' | 'trainCount' | 'testCount' | 'seed'

const WHOLE_NUMBERS: readonly { key: WholeNumber; parameter: string; from: number; to: number }[] = [
  { key: 'batchSize', parameter: 'batch', from: 1, to: 60000 },
  { key: 'epochs', parameter: 'epochs', from: 1, to: 1000 },
  { key: 'trainCount', parameter: 'train', from: 1, to: 60000 },
  { key: 'testCount', parameter: 'test', from: 1, to: 10000 },
  { key: 'seed', parameter: 'seed', from: 0, to: 0xffffffff },
]

/** The learning rate that a text means, or a sentence that says what is wrong with it. */
export function parseLearningRate(text: string): number | string {
  const value = Number(text.trim().replace(',', '.'))
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
  return `The learning rate must be a number above 0, such as 0.1; "${text}" is not.`
}

/** The whole number that a text means, or a sentence that says what is wrong with it. */
export function parseWhole(text: string, label: string, from: number, to: number): number | string {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= from && value <= to) return value
  return `${label} must be a whole number from ${from} to ${to}; "${text}" is not.`
}

/** What the page's address asks for. */
export interface Requested {
  readonly settings: Settings
  readonly autostart: boolean
  readonly problems: readonly string[]
}

/** Reads `?device optimizer lr batch epochs train test seed autostart`. */
export function readSettings(parameters: URLSearchParams): Requested {
  const problems: string[] = []
  const choice = <T extends string>(parameter: string, options: readonly T[], fallback: T): T => {
    const text = parameters.get(parameter)
    const found = options.find((option) => option === text)
    if (text !== null && found === undefined) {
      problems.push(`?${parameter} must be one of ${options.join(', ')}; "${text}" is not.`)
    }
    return found ?? fallback
  }
  const device = choice('device', ['auto', 'webgpu', 'cpu'], DEFAULTS.device)
  const optimizer = choice('optimizer', ['sgd', 'momentum', 'adam'], DEFAULTS.optimizer)

  const parsed = <T>(value: T | string, fallback: T): T => {
    if (typeof value !== 'string') return value
    problems.push(value)
    return fallback
  }
  const rateText = parameters.get('lr')
  const learningRate =
    rateText === null ? LEARNING_RATES[optimizer] : parsed(parseLearningRate(rateText), LEARNING_RATES[optimizer])

  const wholes: Partial<Record<WholeNumber, number>> = {}
  for (const { key, parameter, from, to } of WHOLE_NUMBERS) {
    const text = parameters.get(parameter)
    if (text !== null) wholes[key] = parsed(parseWhole(text, `?${parameter}`, from, to), DEFAULTS[key])
  }
  const settings = { ...DEFAULTS, ...wholes, device, optimizer, learningRate }
  return { settings, autostart: parameters.get('autostart') === '1', problems }
}

/** The address parameters of these settings: only what differs from the defaults, so that addresses stay short. */
export function writeSettings(settings: Settings): URLSearchParams {
  const parameters = new URLSearchParams()
  if (settings.device !== DEFAULTS.device) parameters.set('device', settings.device)
  if (settings.optimizer !== DEFAULTS.optimizer) parameters.set('optimizer', settings.optimizer)
  if (settings.learningRate !== LEARNING_RATES[settings.optimizer]) parameters.set('lr', String(settings.learningRate))
  for (const { key, parameter } of WHOLE_NUMBERS) {
    if (settings[key] !== DEFAULTS[key]) parameters.set(parameter, String(settings[key]))
  }
  return parameters
}
