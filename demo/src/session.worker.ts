// The training session, in a Worker: commands enter through comlink, events leave to the page's one listener. It owns
// the device, the dataset, the trainer and the run loop, so that the page's own thread never waits for training.

import { setDevice } from 'wgrad'
import type { Dataset, Device, HostArray, Trainer } from 'wgrad'
import * as comlink from 'comlink'
import { SHOWN_IMAGES } from './protocol.ts'
import type { SessionApi, SessionEvent, SessionState } from './protocol.ts'
import type { Settings } from './settings.ts'
import { createDatasets, createNetworkTrainer, largestOf, softmax } from './training.ts'

const PIXELS = 28 * 28
const REPORT_EVERY = 100 // milliseconds: as often as the charts are drawn
const ANSWER_EVERY = 2000 // milliseconds between two looks at the shown test images while training

const datasets = createDatasets()
let listener: (event: SessionEvent) => void = () => {}
let state: SessionState = 'empty'
let trainer: Trainer<'accuracy'> | undefined
let shown: HostArray | undefined
let loop: Promise<void> | undefined
let stopping = false
let visible = true
let progress = { step: 0, epoch: 1 }

function enter(next: SessionState): void {
  state = next
  listener({ type: 'state', state })
}

function required(): Trainer<'accuracy'> {
  if (!trainer) throw new Error('There is no network yet: press Reset to prepare one.')
  return trainer
}

async function prepare(settings: Settings): Promise<void> {
  const before = state
  if (state === 'running') trainer?.pause()
  enter('preparing')
  try {
    const device = await setDevice(settings.device)
    const dataset = await datasets.load(settings, (fraction) =>
      listener({ type: 'work', text: 'Generating the digits', fraction }),
    )
    listener({ type: 'work', text: 'Compiling the training step' })
    const next = await createNetworkTrainer(settings, dataset)
    await endLoop()
    const old = trainer
    trainer = next
    trainer.visible = visible
    progress = { step: 0, epoch: 1 }
    describe(settings, device, dataset)
    await old?.dispose()
  } catch (error) {
    enter(before === 'running' ? 'paused' : before)
    throw error
  }
  enter('ready')
  await answer()
}

/** Tells the page what was prepared, with the test images that it shows. */
function describe(settings: Settings, device: Device, { name, source, train, test }: Dataset): void {
  const length = Math.min(SHOWN_IMAGES, test.inputs.shape[0] ?? 0)
  const images = Uint8Array.from(test.inputs.data.subarray(0, length * PIXELS))
  shown = { shape: [length, 28, 28], dtype: 'uint8', data: images }
  listener({
    type: 'prepared',
    prepared: {
      settings,
      device: { kind: device.kind, name: device.name, software: device.info.software },
      dataset: { name, source, trainCount: train.inputs.shape[0] ?? 0, testCount: test.inputs.shape[0] ?? 0 },
      images,
      labels: Uint8Array.from(test.targets.data.subarray(0, length)),
      program: required().program(),
    },
  })
}

/** Ends the run loop, if there is one. A loop that waits in a pause sees `stopping` at its next report. */
async function endLoop(): Promise<void> {
  if (!loop) return
  stopping = true
  trainer?.resume()
  await loop
  stopping = false
}

async function evaluate(): Promise<void> {
  const { step, epoch } = progress
  const { loss, metrics: measured, count } = await required().evaluate()
  listener({ type: 'evaluation', evaluation: { step, epoch, loss, count, accuracy: measured.accuracy } })
  await answer()
}

/** Classifies the shown test images with the weights of this moment. */
async function answer(): Promise<void> {
  if (!shown) return
  const logits = await required().predict(shown)
  listener({ type: 'answers', digits: largestOf(logits.data) })
}

async function run(current: Trainer<'accuracy'>, epochs: number): Promise<void> {
  let answered = performance.now()
  for await (const report of current.run({ epochs, reportEvery: REPORT_EVERY })) {
    if (stopping) return
    progress = { step: report.step, epoch: report.epoch }
    listener({ type: 'report', report })
    if (report.kind === 'epoch') {
      await evaluate()
      answered = performance.now()
    } else if (performance.now() - answered > ANSWER_EVERY) {
      await answer()
      answered = performance.now()
    }
    await nextTask()
  }
  if (!stopping) enter('finished')
}

/** Lets waiting commands in, whatever the device: a run on the CPU would otherwise keep this Worker to itself. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(null)
  })
}

const api: SessionApi = {
  listen: (next) => {
    listener = next
  },
  prepare,
  start: async (epochs) => {
    const current = required()
    if (loop) current.resume()
    loop ??= run(current, epochs)
      .catch((error: unknown) => {
        listener({ type: 'failure', text: error instanceof Error ? error.message : String(error) })
        enter('paused')
      })
      .finally(() => {
        loop = undefined
      })
    enter('running')
  },
  pause: async () => {
    if (state !== 'running') return
    required().pause()
    enter('paused')
    await evaluate()
  },
  step: async () => {
    const report = await required().step()
    progress = { step: report.step, epoch: report.epoch }
    listener({ type: 'report', report })
    await evaluate()
    enter('paused')
  },
  setLearningRate: async (value) => {
    required().learningRate = value
  },
  setVisible: async (next) => {
    visible = next
    if (trainer) trainer.visible = next
  },
  predict: async (pixels) => {
    const logits = await required().predict({ shape: [1, 28, 28], dtype: 'uint8', data: pixels })
    return softmax(logits.data)
  },
  useFiles: datasets.read,
}

comlink.expose(api)
