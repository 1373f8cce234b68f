// The version of the package this file belongs to.

import { readFileSync } from 'node:fs'

/** The `version` of wgrad's package.json, which stands above this file both as source and as built. */
export function packageVersion(): string {
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
      if (name === 'wgrad') return String(version)
    } catch (error) {
      if (folder.pathname === '/') throw error
    }
  }
}
