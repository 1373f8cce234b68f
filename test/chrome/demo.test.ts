// The demo page, end to end in headless Chrome: it trains in its Worker on the CPU and on WebGPU, obeys its buttons,
// reads a drawing, and answers bad input with one line. Screenshots are kept in test/artifacts/.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'puppeteer'
import { describe, expect, test } from 'vitest'
import { createAccuracyHistory, createLossHistory } from '../../demo/src/history.ts'
import { preprocess } from '../../demo/src/preprocess.ts'
import { readSettings, writeSettings } from '../../demo/src/settings.ts'
import { openPage } from '../support/chrome.ts'

const ARTIFACTS = fileURLToPath(new URL('../artifacts/', import.meta.url))
const SMALL = 'train=2000&test=500&epochs=1&batch=32'
const FEW = 'train=500&test=100&epochs=1&batch=50'
const ENDLESS = 'train=2000&test=500&epochs=1000&batch=32' // far more epochs than a test waits for
const TIMEOUT = 60_000

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? '')
}

/** Waits until the text of an element has this part, and says what stood there when it never came. */
async function waitForText(page: Page, selector: string, part: string): Promise<string> {
  const wanted = `document.querySelector(${JSON.stringify(selector)})?.textContent?.includes(${JSON.stringify(part)})`
  await page.waitForFunction(wanted, { timeout: TIMEOUT }).catch(async () => {
    const [text, message] = [await textOf(page, selector), await textOf(page, '#message-text')]
    throw new Error(`${selector} never showed "${part}", but "${text}"; the message line: "${message}"`)
  })
  return textOf(page, selector)
}

async function step(page: Page): Promise<number> {
  return Number((await textOf(page, '#step-count')).replaceAll(',', ''))
}

async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true })
  await page.setViewport({ width: 1280, height: 900 })
  await page.screenshot({ path: `${ARTIFACTS}${name}.png`, fullPage: true })
}

/** Draws a one: a stroke from top to bottom. */
async function drawStroke(page: Page): Promise<void> {
  const canvas = await page.waitForSelector('#draw')
  await canvas?.scrollIntoView()
  const box = await canvas?.boundingBox()
  if (!box) throw new Error('the drawing area is not visible')
  await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.45, box.y + box.height * 0.8, { steps: 8 })
  await page.mouse.up()
}

/** The probability of each digit as the bars hold it, an empty text where they are empty. */
function probabilities(page: Page): Promise<string[]> {
  return page.$$eval('#prediction li', (items) => items.map((item) => item.dataset['probability'] ?? 'none'))
}

async function setField(page: Page, selector: string, value: string): Promise<void> {
  await page.$eval(
    selector,
    (field, text) => {
      if (!(field instanceof HTMLInputElement)) throw new Error('not an input')
      field.value = text
      field.dispatchEvent(new Event('change', { bubbles: true }))
    },
    value,
  )
}

describe('the demo page', () => {
  for (const device of ['cpu', 'webgpu'] as const) {
    test(`trains to a test accuracy far above chance on ${device}`, async () => {
      const { page, errors } = await openPage(`/demo/index.html?device=${device}&${SMALL}&autostart=1`)
      await waitForText(page, '#status', 'Done')
      const accuracy = await waitForText(page, '#test-accuracy', '%')
      await drawStroke(page)
      await waitForText(page, '#prediction-text', 'It sees')
      await screenshot(page, `demo-${device}`)

      expect(accuracy).toMatch(/^\d+\.\d\d %$/)
      expect(Number.parseFloat(accuracy)).toBeGreaterThan(50)
      expect(Number.parseFloat(await textOf(page, '#train-loss'))).toBeLessThan(2)
      expect(Number.parseFloat(await textOf(page, '#samples-per-second'))).toBeGreaterThan(0)
      expect(await step(page)).toBe(63) // 2,000 samples in batches of 32, the last one partial
      expect((await textOf(page, '#device-name')).toLowerCase()).toContain(device)
      expect(await textOf(page, '#dataset-note')).toContain('2,000 images to train on, 500 to test')
      expect((await textOf(page, '#program')).length).toBeGreaterThan(100)
      expect(errors).toEqual([])
      await page.close()
    })
  }

  test('takes single steps, pauses, resumes and resets', async () => {
    const { page, errors } = await openPage(`/demo/index.html?device=cpu&${ENDLESS}`)
    await waitForText(page, '#status', 'Ready')
    await page.click('#step')
    await waitForText(page, '#status', 'Paused at step 1.')
    await waitForText(page, '#test-accuracy', '%')
    await page.click('#step')
    await waitForText(page, '#status', 'Paused at step 2.')

    await page.click('#start')
    await page.waitForFunction("Number(document.querySelector('#step-count').textContent.replaceAll(',', '')) > 20")
    await page.click('#pause')
    await waitForText(page, '#status', 'Paused at')
    await waitForText(page, '#start', 'Resume')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const paused = await step(page)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await step(page)).toBe(paused)

    await page.click('#start')
    await page.waitForFunction(
      `Number(document.querySelector('#step-count').textContent.replaceAll(',', '')) > ${paused}`,
    )
    await page.click('#reset')
    await waitForText(page, '#status', 'Ready')
    expect(await step(page)).toBe(0)
    expect(await textOf(page, '#test-accuracy')).toBe('–')
    expect(errors).toEqual([])
    await page.close()
  })

  test('a drawn stroke gets ten probabilities that sum to one, and Clear takes them away', async () => {
    const { page, errors } = await openPage(`/demo/index.html?device=cpu&${FEW}`)
    await waitForText(page, '#status', 'Ready')
    await drawStroke(page)
    await waitForText(page, '#prediction-text', 'It sees')
    const given = (await probabilities(page)).map(Number)
    expect(given).toHaveLength(10)
    expect(given.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4)
    for (const value of given) expect(value).toBeGreaterThanOrEqual(0)

    await page.click('#clear')
    await waitForText(page, '#prediction-text', 'Draw')
    expect(await probabilities(page)).toEqual(Array.from({ length: 10 }, () => ''))
    expect(errors).toEqual([])
    await page.close()
  })

  test('a bad learning rate shows one line and training goes on; a good one is taken without a reset', async () => {
    const { page, errors } = await openPage(`/demo/index.html?device=cpu&${ENDLESS}&autostart=1`)
    await waitForText(page, '#status', 'Training')
    await setField(page, '#learning-rate', '-1')
    await waitForText(page, '#message-text', 'The learning rate must be a number above 0')
    const before = await step(page)
    await page.waitForFunction(
      `Number(document.querySelector('#step-count').textContent.replaceAll(',', '')) > ${before}`,
    )
    await setField(page, '#learning-rate', '0.02')
    await page.waitForFunction("document.querySelector('#message').hidden && location.search.includes('lr=0.02')")
    expect(await textOf(page, '#pending')).toBe('')
    expect(errors).toEqual([])
    await page.close()
  })

  test('changed settings wait for a reset once something is trained', async () => {
    const { page, errors } = await openPage(`/demo/index.html?device=cpu&${FEW}&autostart=1`)
    await waitForText(page, '#status', 'Done')
    await page.select('#batch-size', '256')
    await page.select('#optimizer', 'adam')
    await waitForText(page, '#pending', 'Reset to apply: optimizer, batch size.')
    expect(await page.$eval('#learning-rate', (field) => (field instanceof HTMLInputElement ? field.value : ''))).toBe(
      '0.001',
    )
    await page.click('#reset')
    await waitForText(page, '#status', 'Ready')
    expect(await textOf(page, '#pending')).toBe('')
    await page.click('#step')
    await waitForText(page, '#status', 'Paused at step 1.')
    expect(errors).toEqual([])
    await page.close()
  })

  test('says which MNIST files are missing or faulty, and keeps its data', async () => {
    const { page, errors } = await openPage(`/demo/index.html?device=cpu&${FEW}`)
    await waitForText(page, '#status', 'Ready')
    await dropFiles(page, ['t10k-labels-idx1-ubyte'])
    await waitForText(page, '#message-text', '1 of the 4 MNIST files')
    await dropFiles(page, ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte'])
    await waitForText(page, '#message-text', 'train-images-idx3-ubyte:')
    await waitForText(page, '#status', 'Ready')
    await dropFiles(page, ['holiday.jpg'])
    await waitForText(page, '#message-text', 'holiday.jpg is not a file of MNIST')
    expect(await textOf(page, '#dataset-note')).toContain('500 images to train on')
    expect(errors).toEqual([])
    await page.close()
  })

  test('reads the address, and names what is wrong in it', async () => {
    const { page, errors } = await openPage(`/demo/index.html?device=cpu&${FEW}&lr=fast&optimizer=adam`)
    await waitForText(page, '#message-text', '"fast" is not')
    await waitForText(page, '#status', 'Ready')
    expect(await page.$eval('#optimizer', (field) => (field instanceof HTMLSelectElement ? field.value : ''))).toBe(
      'adam',
    )
    expect(errors).toEqual([])
    await page.close()
  })

  test('fits a phone of 360 pixels without scrolling sideways', async () => {
    const { page } = await openPage(`/demo/index.html?device=cpu&${FEW}`)
    await page.setViewport({ width: 360, height: 740 })
    await waitForText(page, '#status', 'Ready')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await page.close()
  })
})

describe('the parts of the demo page', () => {
  test('a drawing is scaled into 20 pixels with its centre of mass in the middle, wherever and however large it is', () => {
    for (const [left, top, width, height] of [
      [10, 20, 40, 160],
      [150, 100, 100, 100],
      [200, 250, 30, 12],
    ] as const) {
      const values = new Uint8Array(280 * 280)
      for (let y = top; y < top + height; y++) values.fill(255, y * 280 + left, y * 280 + left + width)
      const image = preprocess({ width: 280, height: 280, values }) ?? new Uint8Array()
      const ink = [...image.keys()].filter((i) => (image[i] ?? 0) > 0)
      const columns = ink.map((i) => i % 28)
      const rows = ink.map((i) => Math.floor(i / 28))
      const longest = Math.max(Math.max(...columns) - Math.min(...columns), Math.max(...rows) - Math.min(...rows)) + 1
      const mean = (list: number[]): number => list.reduce((sum, value) => sum + value + 0.5, 0) / list.length
      expect(longest).toBe(20)
      expect(Math.abs(mean(columns) - 14.5)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(mean(rows) - 14.5)).toBeLessThanOrEqual(0.5)
      expect(Math.max(...image)).toBe(255)
    }
    expect(preprocess({ width: 280, height: 280, values: new Uint8Array(280 * 280) })).toBeUndefined()
  })

  test('a loss line of a hundred thousand steps keeps few points, its mean and its last step', () => {
    const history = createLossHistory(100)
    for (let last = 10; last <= 100_000; last += 10)
      history.add(
        last,
        Array.from({ length: 10 }, (_, i) => i),
      )
    expect(history.x.length).toBeLessThan(100)
    expect(history.x.length).toBeGreaterThanOrEqual(40)
    expect(history.x.every((x, i) => i === 0 || x > (history.x[i - 1] ?? 0))).toBe(true)
    expect(100_000 - (history.x.at(-1) ?? 0)).toBeLessThan(100_000 / 40)
    const mean = history.mean.reduce((sum, value) => sum + value, 0) / history.mean.length
    expect(mean).toBeCloseTo(4.5, 1)
  })

  test('a thinned accuracy line keeps every test accuracy', () => {
    const history = createAccuracyHistory(50)
    for (let x = 1; x <= 400; x++) {
      history.addTrain(x, 0.5, 1)
      if (x % 100 === 0) history.addTest(x, x / 1000)
    }
    expect(history.x.length).toBeLessThanOrEqual(51)
    expect(history.test.filter((value) => value !== null)).toEqual([0.1, 0.2, 0.3, 0.4])
    expect(history.train.every((value) => Math.abs((value ?? 0) - 0.5) < 1e-9)).toBe(true)
  })

  test('settings survive the way into the address and back', () => {
    const address = 'device=cpu&optimizer=adam&lr=0.002&batch=32&epochs=3&train=1000&test=200&seed=7'
    const { settings, problems } = readSettings(new URLSearchParams(address))
    expect(problems).toEqual([])
    expect(readSettings(writeSettings(settings)).settings).toEqual(settings)
    expect([...writeSettings(settings)]).toHaveLength(8)
  })
})

/** Drops files of these names on the page; they hold four bytes, which is no file of MNIST. */
function dropFiles(page: Page, names: readonly string[]): Promise<void> {
  return page.evaluate(
    (list) => {
      const dataTransfer = new DataTransfer()
      for (const name of list) dataTransfer.items.add(new File([new Uint8Array(4)], name))
      window.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    },
    [...names],
  )
}
