// The platform in a page or a Worker: the Cache API, SubtleCrypto, DecompressionStream and navigator.gpu. There are no
// files and no environment; each service that a context lacks (an insecure page has no cache and no checksums) says so.

import { DataError } from '../core/errors.ts'
import type { Platform } from './platform.ts'

const CACHE_NAME = 'wgrad'
// The Cache API wants http addresses; `.invalid` is reserved, so that this one can never be fetched.
const CACHE_ADDRESS = 'https://cache.wgrad.invalid/'

/** The browser's services. The cache is the Cache API's cache `wgrad` of this origin. */
export const platform: Platform = {
  name: 'browser',
  environment: () => undefined,
  readFile: (path) => Promise.reject(noFiles(path)),
  listFolder: (path) => Promise.reject(noFiles(path)),

  async cacheRead(key) {
    try {
      const response = await (await caches.open(CACHE_NAME)).match(CACHE_ADDRESS + encodeURIComponent(key))
      return response ? new Uint8Array(await response.arrayBuffer()) : null
    } catch {
      return null // `caches` is undefined on an insecure page and throws in some private windows
    }
  },

  async cacheWrite(key, bytes) {
    try {
      const response = new Response(new Uint8Array(bytes))
      await (await caches.open(CACHE_NAME)).put(CACHE_ADDRESS + encodeURIComponent(key), response)
    } catch (error) {
      throw new DataError(
        `Cannot keep ${key} in the browser's cache (${error}). Open the page over https or from localhost.`,
      )
    }
  },

  async sha256(bytes) {
    if (!globalThis.crypto?.subtle) {
      throw new DataError('This page cannot compute checksums. Open it over https or from localhost.')
    }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  },

  async gunzip(bytes) {
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'))
    const chunks: Uint8Array<ArrayBuffer>[] = []
    // Read by hand: a Response around the stream would report every fault as "Failed to fetch".
    const reader = stream.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value)
    return new Uint8Array(await new Blob(chunks).arrayBuffer())
  },

  threads: () => (globalThis.crossOriginIsolated ? globalThis.navigator.hardwareConcurrency : 1),
  startThread: (script) => {
    const prelude = 'const listen = (handle) => { onmessage = ({ data }) => handle(data) };\n'
    const url = URL.createObjectURL(new Blob([prelude, script], { type: 'text/javascript' }))
    try {
      const worker = new Worker(url)
      return {
        post: (message) => {
          worker.postMessage(message, [])
        },
        stop: () => {
          worker.terminate()
        },
      }
    } catch {
      return null // a content security policy may forbid it
    } finally {
      URL.revokeObjectURL(url)
    }
  },
  visible: () => globalThis.document?.visibilityState !== 'hidden',
  gpu: async () => browserGpu(),
  gpuNotes: async () => [
    browserGpu()
      ? 'This browser has WebGPU.'
      : 'This browser offers no WebGPU here. Use a current Chrome, Edge, Firefox or Safari, over https or from localhost.',
  ],
}

/** The types say that both always exist; old browsers and insecure pages know better. */
function browserGpu(): GPU | null {
  return globalThis.navigator?.gpu ?? null
}

function noFiles(path: string): DataError {
  return new DataError(
    `A page cannot read ${path}. Let the user choose or drop the files; pass them to mnistFromFiles().`,
  )
}
