// What a Chrome test stands on: a Vite server of the project and a headless Chrome, both started once per test file at
// the first call and closed after its last test. Whatever a page reports as an error fails the call that caused it.

import { afterAll } from 'vitest'
import type { Browser, ConsoleMessage, Page } from 'puppeteer'
import { createServer, type ViteDevServer } from 'vite'
import { fileURLToPath } from 'node:url'
import { launchChrome } from '../../scripts/chrome.mjs'

/** A page of the project, and the errors that it has reported so far (console errors, uncaught errors, WebGPU errors). */
export interface OpenPage {
  readonly page: Page
  readonly errors: string[]
}

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))
let server: Promise<ViteDevServer> | undefined
let browser: Promise<Browser> | undefined
let supportPage: Promise<OpenPage> | undefined

/** Opens a page of the project in headless Chrome, such as `/demo/index.html`; `urlPath` starts at the project's root. */
export async function openPage(urlPath: string): Promise<OpenPage> {
  server ??= startServer()
  browser ??= launchChrome()
  const [{ resolvedUrls }, chrome] = await Promise.all([server, browser])
  const page = await chrome.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error instanceof Error ? error.stack : error)))
  page.on('console', (message) => {
    if (isError(message)) errors.push(message.text())
  })
  await page.goto(new URL(urlPath, resolvedUrls?.local[0]).href)
  return { page, errors }
}

/**
 * Imports a TypeScript module in a page and calls an async function that it exports.
 *
 * `modulePath` starts at the project's root (`/test/chrome/add.page.ts`); `arg` and the result pass as JSON. All calls of
 * a test file share one page. Rejects when the function does, and when the page reports an error meanwhile.
 */
export async function runInPage<Result>(modulePath: string, exportName: string, arg?: unknown): Promise<Result> {
  supportPage ??= openPage('/test/support/page.html')
  const { page, errors } = await supportPage
  errors.length = 0
  // A string, since Vitest would rewrite an import() inside a function that is sent to the page.
  const call = `import(${JSON.stringify(modulePath)}).then((module) => module[${JSON.stringify(exportName)}](${JSON.stringify(arg)}))`
  const result = await page.evaluate(call)
  if (errors.length > 0) throw new Error(`${modulePath} ${exportName}: the page reported\n${errors.join('\n')}`)
  return result as Result
}

function startServer(): Promise<ViteDevServer> {
  return createServer({
    root: projectRoot,
    configFile: `${projectRoot}/vite.config.ts`,
    appType: 'mpa',
    clearScreen: false,
    logLevel: 'error',
    // A page must never be reloaded under a running test: no hot updates, no dependencies found and bundled on the way.
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    cacheDir: `${projectRoot}/.cache/vite-test`,
  }).then((created) => created.listen())
}

/** Chrome reports uncaptured WebGPU errors as warnings. */
function isError(message: ConsoleMessage): boolean {
  if (message.type() === 'error') return true
  return message.type() === 'warn' && /WebGPU|WGSL|\[Invalid|validat/i.test(message.text())
}

afterAll(async () => {
  await Promise.all([browser?.then((started) => started.close()), server?.then((started) => started.close())])
  server = browser = supportPage = undefined
})
