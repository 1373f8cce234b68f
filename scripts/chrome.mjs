// Finds a Chrome that can run the tests, gets one where there is none, and starts it with WebGPU switched on.
// Environment: CHROME_PATH (or PUPPETEER_EXECUTABLE_PATH) names the browser; WGRAD_ADAPTER is `default` (a GPU if there
// is one, else SwiftShader, which runs everywhere), `hardware` or `swiftshader`.
// Usage: node scripts/chrome.mjs prints the path of the browser.

import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isMain, packageCommand, runNode, runProgram } from './process.mjs'

const COMMANDS = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
const MAC_APPS = ['Google Chrome', 'Chromium', 'Google Chrome Canary', 'Google Chrome for Testing']
const WINDOWS_PROGRAMS = ['Google/Chrome/Application/chrome.exe', 'Chromium/Application/chrome.exe']

/** The path of an installed Chrome or Chromium that starts, or undefined. Throws if the environment names a wrong one. */
export async function findChrome() {
  const named = process.env.CHROME_PATH || process.env.PUPPETEER_EXECUTABLE_PATH
  if (named) {
    if (isExecutable(named)) return named
    throw new Error(
      `CHROME_PATH names ${named}, which cannot be run. Correct it, or unset it to use an installed Chrome.`,
    )
  }
  for (const path of [...standardPlaces(), ...downloadedBrowsers()]) if (await starts(path)) return path
  return undefined
}

/** `findChrome`, and where there is none: puppeteer's download, then (as root on Debian or Ubuntu) the system's package. */
export async function ensureChrome() {
  const installed = (await findChrome()) ?? (await downloadChrome()) ?? (await installPackage())
  if (installed) return installed
  throw new Error(
    'No Chrome or Chromium was found, and none could be installed. Do one of these and try again:\n' +
      '  - install Chrome or Chromium (Debian: apt-get install chromium), or\n' +
      '  - run `npx puppeteer browsers install chrome` with access to the internet, or\n' +
      '  - set CHROME_PATH to the path of an executable.',
  )
}

/** The command-line flags for a headless Chrome with WebGPU, on SwiftShader or on the machine's GPU. */
export function chromeFlags({ softwareAdapter }) {
  const onLinux = process.platform === 'linux'
  return [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--enable-unsafe-webgpu',
    ...(isRoot() ? ['--no-sandbox'] : []),
    ...(onLinux || softwareAdapter ? ['--enable-features=Vulkan'] : []),
    ...(softwareAdapter ? ['--use-webgpu-adapter=swiftshader'] : []),
    ...(onLinux && !softwareAdapter
      ? ['--use-angle=vulkan', '--disable-vulkan-surface', '--ignore-gpu-blocklist']
      : []),
  ]
}

/** Whether WebGPU has to run on SwiftShader: as WGRAD_ADAPTER says, else because no GPU gives an adapter. */
export async function needsSoftwareAdapter(executablePath) {
  const wanted = process.env.WGRAD_ADAPTER || 'default'
  if (wanted === 'swiftshader') return true
  if (wanted === 'hardware') return false
  if (wanted !== 'default') {
    throw new Error(`WGRAD_ADAPTER is "${wanted}"; expected default, hardware or swiftshader.`)
  }
  return !mayHaveGpu() || !(await hardwareAdapterWorks(executablePath))
}

/** Starts headless Chrome with WebGPU; returns puppeteer's Browser. */
export async function launchChrome() {
  const executablePath = await ensureChrome()
  return launch(executablePath, await needsSoftwareAdapter(executablePath))
}

async function launch(executablePath, softwareAdapter) {
  const { default: puppeteer } = await import('puppeteer')
  // A step on a software adapter may take minutes: the tests' own time limits decide, not the protocol's.
  return puppeteer.launch({
    executablePath,
    headless: true,
    protocolTimeout: 0,
    args: chromeFlags({ softwareAdapter }),
  })
}

function standardPlaces() {
  if (process.platform === 'darwin') {
    return MAC_APPS.flatMap((app) => [`/Applications/${app}.app`, `${homedir()}/Applications/${app}.app`]).map(
      (folder) => join(folder, 'Contents/MacOS', folder.slice(folder.lastIndexOf('/') + 1, -'.app'.length)),
    )
  }
  if (process.platform === 'win32') {
    const folders = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].filter(
      Boolean,
    )
    return folders.flatMap((folder) => WINDOWS_PROGRAMS.map((program) => join(folder, program)))
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)))
}

/** What puppeteer (or another user of its cache) has downloaded, newest first. */
function downloadedBrowsers() {
  const cache = process.env.PUPPETEER_CACHE_DIR || join(homedir(), '.cache/puppeteer')
  const builds = join(cache, 'chrome')
  if (!existsSync(builds)) return []
  const inside = {
    linux: ['chrome-linux64/chrome'],
    win32: ['chrome-win64/chrome.exe', 'chrome-win32/chrome.exe'],
    darwin: ['arm64', 'x64'].map(
      (cpu) => `chrome-mac-${cpu}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
    ),
  }[process.platform]
  return readdirSync(builds)
    .map((build) => join(builds, build))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .flatMap((build) => (inside ?? []).map((path) => join(build, path)))
}

/** A browser that lies there may still lack its system libraries, or be a stub that points to another package manager. */
async function starts(path) {
  if (!isExecutable(path)) return false
  if (process.platform === 'win32') return true // there, --version opens a window
  return (await runProgram(path, ['--version'], { silenceLimit: 20_000 })).code === 0
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

async function downloadChrome() {
  note('No Chrome was found: trying the download of puppeteer.')
  const install = [packageCommand('puppeteer/lib/cjs/puppeteer/node/cli.js'), 'browsers', 'install', 'chrome']
  const options = {
    env: { PUPPETEER_SKIP_DOWNLOAD: '', PUPPETEER_CHROME_SKIP_DOWNLOAD: 'false' },
    silenceLimit: 20_000,
  }
  if ((await runNode(install, options)).code !== 0) return undefined
  const ready = await firstThatStarts(downloadedBrowsers())
  if (ready || !isRoot() || !hasApt()) return ready
  note('The downloaded Chrome lacks system libraries: installing them with apt-get.')
  await runNode([...install, '--install-deps'], { ...options, silenceLimit: 300_000 })
  return firstThatStarts(downloadedBrowsers())
}

async function installPackage() {
  if (!isRoot() || !hasApt()) return undefined
  note('Installing Chromium: apt-get update && apt-get install -y --no-install-recommends chromium')
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, silenceLimit: 300_000 }
  const steps = [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]
  for (const step of steps) {
    const { code, output } = await runProgram('apt-get', step, options)
    if (code !== 0) note(`apt-get ${step[0]} failed:\n${output.trim().split('\n').slice(-5).join('\n')}`)
  }
  return firstThatStarts(standardPlaces())
}

async function firstThatStarts(paths) {
  for (const path of paths) if (await starts(path)) return path
  return undefined
}

/** On Linux a GPU shows as a device file: without one, a test launch is a second lost. */
function mayHaveGpu() {
  if (process.platform !== 'linux') return true
  if (existsSync('/dev/nvidia0') || existsSync('/dev/dxg')) return true
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'))
}

async function hardwareAdapterWorks(executablePath) {
  // navigator.gpu exists in secure contexts only: a page of this machine is one, about:blank is not.
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  let browser
  try {
    browser = await launch(executablePath, false)
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    return await page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter()
      return adapter !== null && adapter !== undefined && !adapter.info.isFallbackAdapter
    })
  } catch {
    return false
  } finally {
    await browser?.close()
    server.close()
  }
}

function isRoot() {
  return process.getuid?.() === 0
}

function hasApt() {
  return existsSync('/usr/bin/apt-get')
}

function note(text) {
  console.error(text)
}

if (isMain(import.meta.url)) {
  try {
    console.log(await ensureChrome())
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}
