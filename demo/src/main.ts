// The page: its parts are made here and connected. Commands go to the Worker one after another; its events come back and
// go to the charts, the figures and the tiles. Training itself never runs on this thread.

import * as comlink from 'comlink'
import { createCharts } from './charts.ts'
import { createControls } from './controls.ts'
import { createDrawing } from './drawing.ts'
import { createFigures, createMessage } from './figures.ts'
import { acceptFiles } from './files.ts'
import * as format from './format.ts'
import { createPrediction } from './prediction.ts'
import type { Prepared, SessionApi, SessionEvent, SessionState } from './protocol.ts'
import { createSamples } from './samples.ts'
import { readSettings, writeSettings } from './settings.ts'
import type { Settings } from './settings.ts'
import type { TrainReport } from 'wgrad'

const ASK_EVERY = 500 // milliseconds between two looks at the drawing while training

const worker = new Worker(new URL('./session.worker.ts', import.meta.url), { type: 'module' })
const session = comlink.wrap<SessionApi>(worker)
const requested = readSettings(new URLSearchParams(location.search))

let state: SessionState = 'empty'
let applied: Settings | undefined // what the present trainer was made with
let newFiles = false // other files than the present trainer's were opened
let last: TrainReport<'accuracy'> | undefined
let epochs = 0 // at which training will end
let asked = 0
let queue: Promise<unknown> = Promise.resolve()

const message = createMessage()
const figures = createFigures()
const charts = createCharts()
const prediction = createPrediction(async (pixels) => {
  if (!applied) return undefined
  return session.predict(pixels).catch((error: unknown) => {
    if (state !== 'preparing') fail(error) // a trainer that is being replaced may not answer any more
    return undefined
  })
})
const drawing = createDrawing((pixels) => prediction.ask(pixels))
const samples = createSamples((image) => drawing.show(image))
const controls = createControls(requested.settings, {
  start: () => void command(start),
  pause: () => void command(() => session.pause()),
  step: () =>
    void command(async () => {
      await prepareIfUntrained()
      await session.step()
    }),
  reset: () => void command(prepare),
  change,
  problem: message.show,
})
acceptFiles({
  notice: message.show,
  complete: async (files) => {
    const read = await command(async () => {
      figures.status('Reading the files')
      await session.useFiles(files)
    })
    showStatus()
    if (!read) return false
    newFiles = true
    controls.chooseFiles()
    return true
  },
})

function fail(error: unknown): void {
  message.show(error instanceof Error ? error.message : String(error))
}

/** Runs a command after those before it, and says whether it succeeded. What it throws becomes the page's message. */
function command(task: () => Promise<void>): Promise<boolean> {
  message.hide()
  const done = queue.then(task).then(
    () => true,
    (error: unknown) => {
      fail(error)
      return false
    },
  )
  queue = done
  return done
}

/** The settings that need another trainer than the present one. */
function pending(): string[] {
  if (!applied) return []
  const wanted = controls.settings()
  const changed: [string, boolean][] = [
    ['optimizer', wanted.optimizer !== applied.optimizer],
    ['batch size', wanted.batchSize !== applied.batchSize],
    ['device', wanted.device !== applied.device],
    ['data', wanted.dataset !== applied.dataset || (newFiles && wanted.dataset === 'files')],
  ]
  return changed.filter(([, differs]) => differs).map(([name]) => name)
}

function change(settings: Settings): void {
  const parameters = writeSettings(settings).toString()
  history.replaceState(null, '', parameters === '' ? location.pathname : `?${parameters}`)
  message.hide()
  if (settings.optimizer === applied?.optimizer) session.setLearningRate(settings.learningRate).catch(fail)
  if (last === undefined) void command(prepareIfUntrained) // nothing is trained yet, so nothing can be lost
  showPending()
}

function showPending(): void {
  controls.showPending(last === undefined ? [] : pending())
}

async function prepare(): Promise<void> {
  await session.prepare(controls.settings())
}

async function prepareIfUntrained(): Promise<void> {
  if (!applied || (last === undefined && pending().length > 0)) await prepare()
}

async function start(): Promise<void> {
  await prepareIfUntrained()
  const settings = controls.settings()
  if (epochs === 0 || state === 'finished') {
    epochs = (last ? Math.floor(last.step / last.stepsPerEpoch) : 0) + settings.epochs
  }
  await session.start(settings.epochs)
}

function onEvent(event: SessionEvent): void {
  switch (event.type) {
    case 'state':
      state = event.state
      controls.showState(state)
      showStatus()
      break
    case 'work':
      figures.status(event.text)
      figures.progress(event.fraction)
      break
    case 'prepared':
      onPrepared(event.prepared)
      break
    case 'report':
      onReport(event.report)
      break
    case 'evaluation':
      charts.addTestAccuracy(event.evaluation.step, event.evaluation.accuracy)
      figures.evaluation(event.evaluation)
      prediction.ask(drawing.pixels())
      break
    case 'answers':
      samples.setAnswers(event.digits)
      break
    case 'failure':
      message.show(event.text)
  }
}

function onPrepared(prepared: Prepared): void {
  applied = prepared.settings
  newFiles = false
  last = undefined
  epochs = 0
  charts.clear()
  figures.prepared(prepared)
  samples.setImages(prepared.images, prepared.labels)
  prediction.ask(drawing.pixels())
  showPending()
}

function onReport(report: TrainReport<'accuracy'>): void {
  const before = last
  last = report
  charts.addLosses(report.step, report.losses)
  if (report.losses.length > 0) charts.addTrainAccuracy(report.step, report.metrics.accuracy, report.losses.length)
  figures.report(report, epochs)
  if (!before) showPending()
  if (before?.epoch !== report.epoch || report.kind === 'epoch') showStatus()
  if (epochs > 0) figures.progress(report.step / (report.stepsPerEpoch * epochs))
  if (!Number.isFinite(report.loss) && (before === undefined || Number.isFinite(before.loss))) {
    message.show(
      'The loss is no longer a finite number: the learning rate is too large. Reset, and choose a smaller one.',
    )
  }
  if (performance.now() - asked > ASK_EVERY) {
    asked = performance.now()
    prediction.ask(drawing.pixels())
  }
}

function showStatus(): void {
  if (state === 'empty') figures.status('Not ready: choose another device, or press Start to try again.')
  if (state === 'preparing') figures.status('Preparing')
  if (state === 'ready') figures.status('Ready.')
  if (state === 'running') figures.status(`Training: epoch ${last?.epoch ?? 1} of ${epochs}.`)
  if (state === 'paused') figures.status(`Paused at step ${format.count(last?.step ?? 0)}.`)
  if (state === 'finished')
    figures.status(`Done: step ${format.count(last?.step ?? 0)} in ${format.duration(last?.seconds ?? 0)}.`)
  if (state === 'preparing') figures.progress(undefined)
  else if (!last) figures.progress(0)
}

const tellVisible = (): void => void session.setVisible(document.visibilityState !== 'hidden').catch(fail)
document.addEventListener('visibilitychange', tellVisible)
tellVisible()

worker.addEventListener('error', (event) =>
  message.show(`The training Worker failed: ${event.message || 'it could not be loaded'}.`),
)
void command(async () => {
  await session.listen(comlink.proxy(onEvent))
  for (const problem of requested.problems) message.show(problem)
  await prepare()
})
if (requested.autostart) void command(start)
