// What wgrad asks of the place it runs in: files, a cache, checksums, decompression and a GPU. There are two answers,
// node.ts and browser.ts; package `imports` picks one for `#platform`, so that no other file asks where it runs.

/** The services of the place wgrad runs in. */
export interface Platform {
  readonly name: 'node' | 'browser'

  /** The value of an environment variable; undefined when it is unset or empty, and always in a browser. */
  environment(name: string): string | undefined

  /** The bytes of a file. @throws DataError when it cannot be read, and always in a browser. */
  readFile(path: string): Promise<Uint8Array>

  /** The names in a folder, sorted. @throws DataError when it cannot be listed, and always in a browser. */
  listFolder(path: string): Promise<string[]>

  /** What `cacheWrite` stored under `key`, or null: nothing there, or no cache in this place. Never throws. */
  cacheRead(key: string): Promise<Uint8Array | null>

  /** Stores bytes whole or not at all; a key has letters, digits and `._-`. @throws DataError when it cannot. */
  cacheWrite(key: string, bytes: Uint8Array): Promise<void>

  /** The SHA-256 of the bytes, as 64 hexadecimal digits. */
  sha256(bytes: Uint8Array): Promise<string>

  /** Decompresses gzip data. @throws Error when the data is not whole and correct. */
  gunzip(bytes: Uint8Array): Promise<Uint8Array>

  /** The entry to WebGPU, or null where there is none. It may still offer no adapter. Never throws. */
  gpu(): Promise<GPU | null>

  /** Whether a person may be looking at a page of this thread now: true in a Worker, which cannot tell; never in Node. */
  visible(): boolean

  /** What `gpu()` tried and found, one sentence each: for `wgrad doctor` and errors that say why there is no GPU. */
  gpuNotes(): Promise<readonly string[]>

  /** How many threads can work on shared memory: 1 where there is none, as in pages that are not cross-origin isolated. */
  threads(): number

  /**
   * Starts a thread that runs `script`, in which `listen(handle)` gives messages to a function. It does not keep the process alive. Null where
   * threads are not allowed.
   */
  startThread(script: string): Thread | null
}

/** A thread beside this one. */
export interface Thread {
  readonly post: (message: unknown) => void
  readonly stop: () => void
}
