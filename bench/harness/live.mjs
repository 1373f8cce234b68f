// Whether a page that trains in its Worker stays live: the demo, built for production, trains while its own thread's animation frames
// and long tasks (over 50 ms) are counted; and the same before training, for comparison.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { printTable } from '../report/plain.mjs'
import { measuredRecord, round } from '../report/records.mjs'
import { startChrome } from './browser.mjs'
import { projectRoot } from './server.mjs'

const seconds = { full: 10, quick: 5 }
const settings = 'device=webgpu&train=10000&test=1000&epochs=1000&batch=128'
const configFile = `${projectRoot}vite.config.ts`

/** Measures the ready and the training page; keeps a record of each. */
export async function runLive(_browser, run, context) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-live-'))
  try {
    await build({ configFile, logLevel: 'error', build: { outDir: folder } })
    const host = { host: '127.0.0.1', port: 0 }
    const server = await preview({ configFile, logLevel: 'error', build: { outDir: folder }, preview: host })
    try {
      const { port } = server.httpServer.address()
      return await measure(run, context, `http://127.0.0.1:${port}/?${settings}`)
    } finally {
      await new Promise((resolve) => server.httpServer.close(resolve))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(run, context, address) {
  const length = (context.budget.quick ? seconds.quick : seconds.full) * 1000
  const chrome = await startChrome()
  try {
    const page = await chrome.newPage()
    await page.evaluateOnNewDocument(watch)
    await page.goto(address)
    const states = []
    await status(page, 'Ready')
    states.push({ of: 'ready', ...(await page.evaluate((time) => window.watched(time), length)) })
    await page.click('#start')
    await status(page, 'Training')
    states.push({ of: 'training', ...(await page.evaluate((time) => window.watched(time), length)) })
    const device = await page.$eval('#device-name', (element) => element.textContent)
    const records = states.map((state) => record(run, state, device, context))
    printTable(
      ['page', 'frames/s', 'longest frame ms', 'long tasks', 'longest ms', 'steps/s'],
      records.map((made) => [
        made.of,
        made.framesPerSecond,
        made.longestFrame,
        made.longTasks.length,
        Math.max(0, ...made.longTasks),
        made.stepsPerSecond,
      ]),
    )
    await context.keep(records)
  } finally {
    await chrome.close()
  }
}

function status(page, text) {
  const shown = `document.querySelector('#status')?.textContent.includes('${text}')`
  return page.waitForFunction(shown, { timeout: 120_000 })
}

function record(run, { of, frames, longestFrame, milliseconds, longTasks, steps }, device, context) {
  const page = { id: 'wgrad-webgpu', device, adapter: context.adapter }
  return measuredRecord(
    { run, batch: 128, page, value: NaN, context },
    {
      of,
      milliseconds: Math.round(milliseconds),
      framesPerSecond: round((frames * 1000) / milliseconds),
      longestFrame: Math.round(longestFrame),
      longTasks: longTasks.map(Math.round),
      stepsPerSecond: round((steps * 1000) / milliseconds),
      valid: null,
    },
  )
}

/** In the page, before any of its code: `watched(time)` resolves to what happened on its thread in so many milliseconds. */
function watch() {
  const tasks = []
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: 'longtask', buffered: true })
  const stepCount = () => Number(document.querySelector('#step-count').textContent.replaceAll(',', ''))
  window.watched = (time) =>
    new Promise((resolve) => {
      const start = performance.now()
      const before = stepCount()
      let [frames, last, longestFrame] = [0, start, 0]
      const frame = () => {
        const now = performance.now()
        frames++
        longestFrame = Math.max(longestFrame, now - last)
        last = now
        if (now - start < time) requestAnimationFrame(frame)
        else {
          const longTasks = tasks.filter((task) => task.startTime >= start).map((task) => task.duration)
          resolve({ frames, longestFrame, milliseconds: now - start, longTasks, steps: stepCount() - before })
        }
      }
      requestAnimationFrame(frame)
    })
}
