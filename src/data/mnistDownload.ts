// MNIST from the public mirrors through the cache. Leaves: the four files, each checked against the SHA-256 of its
// uncompressed bytes, so that neither a mirror nor a cache can slip in other data. What is offline is to fail fast:
// every mirror is asked once, with a short time to answer.

import { platform } from '#platform'
import { DataError } from '../core/errors.ts'
import type { DataProgress } from './dataset.ts'
import { decompressed } from './idx.ts'
import { MNIST_FILES, type MnistFile, type NamedFile } from './mnistFiles.ts'

/** Public mirrors of the four gzip files, in the order in which they are asked. */
export const MNIST_MIRRORS: readonly string[] = [
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
]

/** What is known of a file beforehand: SHA-256 of its uncompressed bytes, and about how many bytes a download has. */
export interface KnownFile {
  readonly sha256: string
  readonly downloadBytes: number
}

/** The files of the original MNIST. */
export const MNIST_KNOWN_FILES: Readonly<Record<MnistFile, KnownFile>> = {
  'train-images-idx3-ubyte': {
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    downloadBytes: 9_912_422,
  },
  'train-labels-idx1-ubyte': {
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    downloadBytes: 28_881,
  },
  't10k-images-idx3-ubyte': {
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    downloadBytes: 1_648_877,
  },
  't10k-labels-idx1-ubyte': {
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    downloadBytes: 4_542,
  },
}

/** How to fetch. */
export interface DownloadOptions {
  readonly mirrors?: readonly string[]
  readonly knownFiles?: Readonly<Record<MnistFile, KnownFile>>
  /** Milliseconds until the first answer, shared by all mirrors. */
  readonly connectTimeout?: number
  readonly onProgress?: (progress: DataProgress) => void
  readonly onNotice?: (text: string) => void
  readonly signal?: AbortSignal
}

// A connection that has begun to deliver may be slow, but not silent for longer than this.
const STALL_TIMEOUT = 15_000

/**
 * The four files from the cache, or null when one is missing or is not what it should be.
 * `files` have their standard names and uncompressed bytes.
 */
export async function cachedMnist(options: DownloadOptions = {}): Promise<NamedFile[] | null> {
  const files: NamedFile[] = []
  for (const name of MNIST_FILES) {
    const stored = await platform.cacheRead(cacheKey(name))
    if (!stored) return null
    try {
      files.push({ name, bytes: await checked(name, stored, 'the cache', options) })
    } catch (error) {
      options.onNotice?.(`${message(error)} It is fetched again.`)
      return null
    }
  }
  return files
}

/**
 * Fetches the four files from the first mirror that delivers them all, and keeps them in the cache.
 * @throws DataError when no mirror does, with the reason for each; the signal's reason when it aborts
 */
export async function downloadMnist(options: DownloadOptions = {}): Promise<NamedFile[]> {
  const mirrors = options.mirrors ?? MNIST_MIRRORS
  const faults: string[] = []
  for (const mirror of mirrors) {
    try {
      return await fromMirror(mirror, { ...options, connectTimeout: (options.connectTimeout ?? 6000) / mirrors.length })
    } catch (error) {
      options.signal?.throwIfAborted()
      faults.push(`${mirror}: ${message(error).replace(/\.$/, '')}.`)
    }
  }
  throw new DataError(`MNIST could not be downloaded. ${faults.join(' ')}`)
}

async function fromMirror(mirror: string, options: DownloadOptions): Promise<NamedFile[]> {
  const knownFiles = options.knownFiles ?? MNIST_KNOWN_FILES
  const total = MNIST_FILES.reduce((sum, name) => sum + knownFiles[name].downloadBytes, 0)
  const fetched: { name: MnistFile; stored: Uint8Array; bytes: Uint8Array }[] = []
  let finished = 0
  for (const name of MNIST_FILES) {
    const { downloadBytes } = knownFiles[name]
    const onBytes = (received: number): void => {
      options.onProgress?.({ stage: 'download', received: finished + Math.min(received, downloadBytes), total })
    }
    const stored = await fetchBytes(`${mirror}${name}.gz`, onBytes, options)
    fetched.push({ name, stored, bytes: await checked(name, stored, mirror, options) })
    finished += downloadBytes
  }
  try {
    for (const { name, stored } of fetched) await platform.cacheWrite(cacheKey(name), stored)
  } catch (error) {
    options.onNotice?.(`The download is not kept: ${message(error)}`) // the data is good all the same
  }
  return fetched.map(({ name, bytes }) => ({ name, bytes }))
}

/** The uncompressed bytes. @throws DataError when they are not those of the file called `name`. */
async function checked(
  name: MnistFile,
  stored: Uint8Array,
  from: string,
  options: DownloadOptions,
): Promise<Uint8Array> {
  const bytes = await decompressed(stored, `${name} from ${from}`)
  const expected = (options.knownFiles ?? MNIST_KNOWN_FILES)[name].sha256
  const given = await platform.sha256(bytes)
  if (given === expected) return bytes
  throw new DataError(`${name} from ${from} has SHA-256 ${given}, expected ${expected}.`)
}

async function fetchBytes(
  url: string,
  onBytes: (received: number) => void,
  options: DownloadOptions,
): Promise<Uint8Array> {
  const patience = new AbortController()
  const abort = (): void => patience.abort(options.signal?.reason)
  options.signal?.throwIfAborted()
  options.signal?.addEventListener('abort', abort)
  const wait = (milliseconds: number): ReturnType<typeof setTimeout> =>
    setTimeout(() => patience.abort(new DataError(`no answer within ${milliseconds} ms.`)), milliseconds)
  let timer = wait(options.connectTimeout ?? 6000)
  try {
    const response = await fetch(url, { signal: patience.signal })
    if (!response.ok || !response.body)
      throw new DataError(`${url} answered ${response.status} ${response.statusText}.`)
    const chunks: Uint8Array[] = []
    let received = 0
    const reader = response.body.getReader()
    for (;;) {
      clearTimeout(timer)
      timer = wait(STALL_TIMEOUT)
      const { done, value } = await reader.read()
      if (done) return joined(chunks, received)
      chunks.push(value)
      received += value.length
      onBytes(received)
    }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', abort)
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

function cacheKey(name: MnistFile): string {
  return `mnist-${name}.gz`
}

/** An error's text; `fetch` hides the reason for a failed connection in `cause`. */
function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : ''
  return `${error.message}${cause}`
}
