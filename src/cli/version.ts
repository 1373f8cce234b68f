// The version of the package this file belongs to.

import { readFileSync } from 'node:fs'

/** The `version` of wgrad's package.json, which stands above this file both as source and as built. */
export function packageVersion(): string {
  for (let file = new URL('package.json', import.meta.url); ; file = new URL('../package.json', file)) {
    const { name, version } = readJson(file)
    if (name === 'wgrad' && typeof version === 'string') return version
    if (new URL('../package.json', file).href === file.href) return 'unknown'
  }
}

function readJson(file: URL): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown }
  } catch {
    return {}
  }
}
