// One headless Chrome for the whole run, and one page per engine in it: the same browser and adapter for all, no shared
// heap, no globals in common. Pages stay open together, but the harness lets only one of them compute at a time.

import puppeteer from 'puppeteer'
import { chromeFlags, ensureChrome, needsSoftwareAdapter } from '../../scripts/chrome.mjs'

// A page behind another must keep its full speed; a TF.js step of several seconds must not look like a hung GPU.
const flags = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-gpu-watchdog',
]

/**
 * Launches Chrome; `open(id)` opens an engine on a page of its own and returns a handle to drive it, with `device` as the
 * engine names it and `adapter`, the browser's WebGPU adapter, whether the engine uses it or not.
 */
export async function launchBrowser(url) {
  const executablePath = await ensureChrome()
  const softwareAdapter = await needsSoftwareAdapter(executablePath)
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    args: [...chromeFlags({ softwareAdapter }), ...flags],
    protocolTimeout: 0,
  })
  return {
    version: await browser.version(),
    userAgent: await browser.userAgent(),
    open: (id) => openEnginePage(browser, url, id),
    close: () => browser.close(),
  }
}

async function openEnginePage(browser, url, id) {
  const page = await browser.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  const call = async (method, ...args) => {
    await page.bringToFront()
    try {
      return await page.evaluate((name, values) => window.bench[name](...values), method, args)
    } catch (error) {
      throw new Error(`${id}: ${method}: ${[error.message, ...faults].join('\n  ')}`, { cause: error })
    }
  }
  try {
    await page.goto(url)
    await page.waitForFunction(() => 'bench' in window, { timeout: 120_000 })
    const { device, adapter } = await call('open', id)
    return {
      id,
      device,
      adapter,
      prepare: (batchSize) => call('prepare', batchSize),
      train: (steps) => call('train', steps),
      time: (steps) => call('time', steps),
      close: () => call('close'),
    }
  } catch (error) {
    await page.close()
    throw error
  }
}
