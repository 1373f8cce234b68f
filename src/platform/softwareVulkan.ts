// Where a Linux machine keeps a Chrome, and with it SwiftShader: `vk_swiftshader_icd.json` and `libvulkan.so.1` lie
// beside the binary. Enters: the environment and the file system. Leaves: the paths of both, or null.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** A software Vulkan driver: its manifest (what VK_DRIVER_FILES takes) and the Vulkan loader beside it. */
export interface SoftwareVulkan {
  readonly manifest: string
  readonly loader: string
}

const SYSTEM_FOLDERS = [
  '/opt/google/chrome',
  '/opt/google/chrome-beta',
  '/opt/google/chrome-unstable',
  '/opt/microsoft/msedge',
  '/usr/lib/chromium',
  '/usr/lib64/chromium-browser',
  '/usr/lib/chromium-browser',
  '/snap/chromium/current/usr/lib/chromium-browser',
]

/**
 * The first software Vulkan driver found beside: the binary that `CHROME_PATH` or `PUPPETEER_EXECUTABLE_PATH` names, a
 * browser installed on the system, the newest browser in the caches of puppeteer and playwright.
 * `folders` replaces that list.
 */
export function findSoftwareVulkan(folders: readonly string[] = chromeFolders()): SoftwareVulkan | null {
  for (const folder of folders) {
    const manifest = join(folder, 'vk_swiftshader_icd.json')
    if (existsSync(manifest)) return { manifest, loader: join(folder, 'libvulkan.so.1') }
  }
  return null
}

function chromeFolders(): string[] {
  const named = ['CHROME_PATH', 'PUPPETEER_EXECUTABLE_PATH']
    .flatMap((name) => process.env[name] || [])
    .map(binaryFolder)
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const puppeteer = process.env['PUPPETEER_CACHE_DIR'] || join(homedir(), '.cache', 'puppeteer')
  return [
    ...named,
    ...SYSTEM_FOLDERS,
    ...subfolders(join(puppeteer, 'chrome')).flatMap(subfolders),
    ...subfolders(join(puppeteer, 'chrome-headless-shell')).flatMap(subfolders),
    ...subfolders(join(cache, 'ms-playwright')).flatMap(subfolders),
  ]
}

/** The folder of a binary, behind links such as /usr/bin/google-chrome. */
function binaryFolder(path: string): string {
  try {
    return dirname(realpathSync(path))
  } catch {
    return dirname(path)
  }
}

/** The folders in a folder, those with the higher version numbers first. */
function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
