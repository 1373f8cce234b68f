// The demo page while its Worker trains: its own thread goes on drawing frames and answering, and it tells the Worker when nobody
// looks. How many frames it draws is a figure, which the benchmark's workload `live` measures.

import { expect, test } from 'vitest'
import { openPage } from '../support/chrome.ts'

const TRAINING = '/demo/index.html?device=webgpu&train=2000&test=100&epochs=1000&batch=32&autostart=1'

test('the page draws frames and takes input while its Worker trains', async () => {
  const { page, errors } = await openPage(TRAINING)
  await page.waitForFunction("document.querySelector('#status').textContent.includes('Training')", { timeout: 60_000 })
  const frames = await page.evaluate(
    `new Promise((resolve) => {
      const steps = () => document.querySelector('#step-count').textContent
      const before = steps()
      let frames = 0
      const count = () => {
        frames++
        if (frames >= 5 && steps() !== before) resolve(frames)
        else requestAnimationFrame(count)
      }
      requestAnimationFrame(count)
    })`,
  )
  expect(frames).toBeGreaterThanOrEqual(5)
  await page.click('#pause')
  await page.waitForFunction("document.querySelector('#status').textContent.includes('Paused')", { timeout: 60_000 })
  expect(errors).toEqual([])
  await page.close()
})

test('the page tells its Worker when nobody looks at it, and when somebody does again', async () => {
  const { page, errors } = await openPage('/demo/index.html?device=cpu&train=200&test=50&epochs=1&batch=50')
  await page.waitForFunction("document.querySelector('#status').textContent.includes('Ready')", { timeout: 60_000 })
  await page.evaluate(`
    window.told = []
    const post = Worker.prototype.postMessage
    Worker.prototype.postMessage = function (message, transfer) {
      if (message?.path?.[0] === 'setVisible') window.told.push(message.argumentList[0].value)
      return post.call(this, message, transfer)
    }
    for (const state of ['hidden', 'visible']) {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }
  `)
  expect(await page.evaluate('window.told')).toEqual([false, true])
  expect(errors).toEqual([])
  await page.close()
})
