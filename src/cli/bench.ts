// `wgrad bench`: training steps on generated samples, as many as fit the time, at one batch size after another; with --profile,
// where the time of a step goes.

import { appendFile, writeFile } from 'node:fs/promises'
import { createTrainer, type Device, losses, nn, optim, type StepProfile, type Trainer } from '../index.ts'
import { ArgumentError } from '../core/errors.ts'
import { formatMilliseconds, formatTable } from '../train/tables.ts'
import { BENCH_MODELS } from './defaults.ts'
import { openDevice } from './device.ts'
import type { Display } from './display.ts'
import { formatCount } from './format.ts'
import { interruptedAt } from './interruption.ts'
import type { BenchSettings } from './options.ts'
import { profileLines, profileObject } from './profileReport.ts'

const CLASSES = 10
const SIDE = 28
const WARM_UP_STEPS = 3
/** At least; a submit ends with an epoch, so that epochs should not be short. */
const SAMPLES = 1 << 14

const OTHER_ENGINES =
  'Other engines beside it, in one Chrome, from a checkout of wgrad: npm ci && npm run bench -- --quick'

/** What was measured at one batch size. */
interface Measurement {
  readonly batchSize: number
  readonly steps: number
  readonly seconds: number
  readonly dispatches: number
  readonly bytes: number
  readonly profile: StepProfile | null
}

/**
 * Measures as the settings say, and reports.
 * @throws InterruptedError when the signal aborts; ArgumentError when the trace cannot be written; DeviceError as the device gives it
 */
export async function bench(settings: BenchSettings, display: Display, signal: AbortSignal): Promise<void> {
  const { trace } = settings
  if (trace !== undefined) await writing(trace, () => appendFile(trace, '')) // a bad name shows before the work
  const device = await openDevice(settings.device)
  try {
    display.line(`device  ${device.kind}, ${device.name}`)
    display.line(`model   ${settings.model}: ${BENCH_MODELS[settings.model]}, on generated samples`)
    const measured: Measurement[] = []
    for (const batchSize of settings.batchSizes) {
      const one = await measure(device, batchSize, settings, signal)
      measured.push(one)
      display.report(reportObject(device, settings, one))
      if (one.profile === null) continue
      display.line('')
      for (const line of profileLines(one.profile, settings.source)) display.line(line)
      if (trace === undefined) continue
      const text = JSON.stringify(one.profile.trace())
      await writing(trace, () => writeFile(trace, text))
      display.line(`The trace is in ${trace}: open it in ui.perfetto.dev or chrome://tracing.`)
    }
    display.line('')
    display.line(tableOf(measured))
    display.line(`\n${OTHER_ENGINES}`)
  } finally {
    await device.dispose()
  }
}

async function measure(
  device: Device,
  batchSize: number,
  { model, seconds: wanted, profile }: BenchSettings,
  signal: AbortSignal,
): Promise<Measurement> {
  const trainer = await trainerOf(device, batchSize, model)
  try {
    for await (const report of trainer.run({ steps: WARM_UP_STEPS })) void report
    let [steps, seconds, chunk] = [0, 0, 1]
    while (seconds < wanted) {
      if (signal.aborted) throw interruptedAt(signal, `at batch size ${batchSize}`)
      const started = performance.now()
      for await (const report of trainer.run({ steps: chunk, reportEvery: 1e9 })) void report
      const elapsed = (performance.now() - started) / 1000
      steps += chunk
      seconds += elapsed
      // a chunk ends with a read-back, so that it should be long, but short enough for Ctrl-C
      chunk = Math.max(1, Math.round((chunk * Math.min(0.5, wanted / 2)) / Math.max(elapsed, chunk * 1e-6)))
    }
    return {
      batchSize,
      steps,
      seconds,
      dispatches: trainer.dispatchesPerStep,
      bytes: trainer.memory().peak,
      profile: profile ? await trainer.profile() : null,
    }
  } finally {
    await trainer.dispose()
  }
}

/** A trainer of one of the benchmark's models (bench/workloads). */
function trainerOf(device: Device, batchSize: number, model: BenchSettings['model']): Promise<Trainer> {
  const count = batchSize * Math.ceil(Math.max(SAMPLES, 2 * batchSize) / batchSize)
  // any fixed numbers: what they are does not change how long a step takes
  const inputs = new Uint8Array(count * SIDE * SIDE).map((_, i) => Math.imul(i + 1, 2654435761) >>> 24)
  const targets = new Uint8Array(count).map((_, i) => (Math.imul(i + 1, 40503) >>> 4) % CLASSES)
  const train = {
    inputs: { shape: model === 'cnn' ? [count, SIDE, SIDE, 1] : [count, SIDE, SIDE], dtype: 'uint8', data: inputs },
    targets: { shape: [count], dtype: 'uint8', data: targets },
  } as const
  const layers = layersOf(model)
  const optimizer = model === 'cnn' ? optim.adam({ learningRate: 1e-3 }) : optim.sgd({ learningRate: 0.05 })
  const loss = losses.softmaxCrossEntropy
  return createTrainer({ model: layers, loss, optimizer, data: { train }, batchSize, device })
}

function layersOf(model: BenchSettings['model']) {
  switch (model) {
    case 'mlp':
      return nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dense(CLASSES)])
    case 'mlp-large':
      return nn.sequential([nn.flatten(), nn.dense(1024), nn.relu(), nn.dense(1024), nn.relu(), nn.dense(CLASSES)])
    case 'cnn':
      return nn.sequential([
        nn.conv2d(16, 3, { padding: 'same' }),
        nn.relu(),
        nn.maxPool2d(2),
        nn.conv2d(32, 3, { padding: 'same' }),
        nn.relu(),
        nn.maxPool2d(2),
        nn.flatten(),
        nn.dense(CLASSES),
      ])
  }
}

function tableOf(measured: readonly Measurement[]): string {
  const rows = measured.map(({ batchSize, steps, seconds, dispatches, bytes }) => [
    formatCount(batchSize),
    formatCount((steps * batchSize) / seconds),
    formatMilliseconds((1000 * seconds) / steps),
    String(dispatches),
    `${(bytes / 1e6).toFixed(1)} MB`,
  ])
  return formatTable(['batch size', 'samples/s', 'a step', 'dispatches', 'memory'], rows, [
    'right',
    'right',
    'right',
    'right',
    'right',
  ])
}

/** One line of `--json`. */
function reportObject(device: Device, { model }: BenchSettings, one: Measurement): object {
  const { batchSize, steps, seconds, dispatches, bytes, profile } = one
  return {
    kind: 'bench',
    model,
    device: device.kind,
    deviceName: device.name,
    batchSize,
    steps,
    seconds,
    samplesPerSecond: (steps * batchSize) / seconds,
    dispatchesPerStep: dispatches,
    peakBytes: bytes,
    ...(profile === null ? {} : { profile: profileObject(profile) }),
  }
}

async function writing(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ArgumentError(`--trace: ${file} cannot be written (${reason}). Name a file in a folder that exists.`)
  }
}
