// One headless Chrome for the whole run, and one page per engine in it: the same browser and adapter for all, no shared
// heap, no globals in common. Pages stay open together, but the harness lets only one of them compute at a time.

import puppeteer from 'puppeteer'
import { openPytorch, pythonWithTorch } from './pytorch.mjs'
import { chromeFlags, ensureChrome, needsSoftwareAdapter } from '../../scripts/chrome.mjs'

// A page behind another must keep its full speed; a TF.js step of several seconds must not look like a hung GPU.
const flags = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-gpu-watchdog',
]

let found

/** Starts puppeteer's browser, with a profile of its own or the one in `userDataDir`. */
export async function startChrome(userDataDir) {
  found ??= (async () => {
    const executablePath = await ensureChrome()
    return { executablePath, softwareAdapter: await needsSoftwareAdapter(executablePath) }
  })()
  const { executablePath, softwareAdapter } = await found
  return puppeteer.launch({
    executablePath,
    headless: true,
    args: [...chromeFlags({ softwareAdapter }), ...flags],
    protocolTimeout: 0,
    ...(userDataDir === undefined ? {} : { userDataDir }),
  })
}

/**
 * Launches Chrome; `page(id)` gives a page of its own to an engine, as a handle: `call(method, ...args)` calls what the page
 * offers (`page.ts`), `close()` closes it.
 */
export async function launchBrowser(url) {
  const browser = await startChrome()
  return {
    version: await browser.version(),
    userAgent: await browser.userAgent(),
    page: (id) => openPage(browser, url, id),
    close: () => browser.close(),
  }
}

async function openPage(browser, url, id) {
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
    return { id, call, close: () => page.close() }
  } catch (error) {
    await page.close()
    throw error
  }
}

/**
 * Opens `ids` by `open(page)`, which resolves to `{ device, adapter }`; those two join the handles. An engine that lacks
 * something here is left out; so is one that cannot start, which makes the exit code 1.
 */
export async function openEngines(browser, ids, open) {
  const pages = []
  for (const id of ids) {
    const lack = await lackOf(browser, id)
    if (lack !== undefined) {
      console.log(`  ${id.padEnd(21)} is left out: ${lack}`)
      continue
    }
    const page = await (id === 'pytorch-cpu' ? openPytorch(browser, id) : browser.page(id))
    try {
      pages.push({ ...page, ...(await open(page)) })
    } catch (error) {
      await page.close()
      leaveOut(error)
    }
  }
  if (pages.length === 0) throw new Error('no engine could be opened')
  return pages
}

/** What an engine needs and this machine lacks, or undefined. */
async function lackOf(browser, id) {
  if (id === 'pytorch-cpu') return pythonWithTorch() === null ? 'no python3 here has PyTorch' : undefined
  if (id !== 'tfjs-webgl') return undefined
  const page = await browser.page(id)
  try {
    return await page.call('webglLack')
  } finally {
    await page.close()
  }
}

/** Says that an engine is left out, and why. */
export function leaveOut(error) {
  console.error(`left out: ${error.message}`)
  process.exitCode = 1
}
