// The types of chrome.mjs, for the tests and benchmarks that import it.

import type { Browser } from 'puppeteer'

export function findChrome(): Promise<string | undefined>
export function ensureChrome(): Promise<string>
export function chromeFlags(options: { softwareAdapter: boolean }): string[]
export function needsSoftwareAdapter(executablePath: string): Promise<boolean>
export function launchChrome(): Promise<Browser>
