// The platform in Node: the file system, a cache folder, node:crypto, node:zlib, and WebGPU from the optional package
// `webgpu` (dawn.ts), which is only loaded when a GPU is asked for.

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { gunzip } from 'node:zlib'
import { DataError } from '../core/errors.ts'
import { openDawn } from './dawn.ts'
import type { Platform } from './platform.ts'

const gunzipAsync = promisify(gunzip)

/** Node's services. The cache is `$XDG_CACHE_HOME/wgrad`, or `~/.cache/wgrad`. */
export const platform: Platform = {
  name: 'node',
  environment: (name) => process.env[name] || undefined,

  async readFile(path) {
    const buffer = await readFile(path).catch((error: unknown) => {
      throw new DataError(`Cannot read the file ${path} (${reason(error)}). Check the path and its permissions.`)
    })
    return plain(buffer)
  },

  async listFolder(path) {
    const names = await readdir(path).catch((error: unknown) => {
      throw new DataError(`Cannot list the folder ${path} (${reason(error)}). Check that it exists and is a folder.`)
    })
    return names.sort()
  },

  async cacheRead(key) {
    return readFile(join(cacheFolder(), checkedKey(key))).then(plain, () => null)
  },

  async cacheWrite(key, bytes) {
    const path = join(cacheFolder(), checkedKey(key))
    // A rename within one folder is atomic: a reader sees the old file, the whole new one, or none.
    const temporary = `${path}.${randomUUID()}.tmp`
    try {
      await mkdir(cacheFolder(), { recursive: true })
      await writeFile(temporary, bytes)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw new DataError(
        `Cannot write ${path} (${reason(error)}). Set XDG_CACHE_HOME to a folder that can be written.`,
      )
    }
  },

  sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
  gunzip: async (bytes) => plain(await gunzipAsync(bytes)),
  threads: () => availableParallelism(),
  startThread: (script) => {
    const prelude = "const listen = (handle) => require('node:worker_threads').parentPort.on('message', handle);\n"
    const worker = new Worker(prelude + script, { eval: true, execArgv: [] })
    worker.unref()
    worker.on('error', (error) => {
      console.warn(`wgrad goes on without a thread that stopped: ${String(error)}`)
    })
    return {
      post: (message) => {
        worker.postMessage(message, [])
      },
      stop: () => void worker.terminate(),
    }
  },
  visible: () => false,
  gpu: async () => (await openDawn()).gpu,
  gpuNotes: async () => (await openDawn()).notes,
}

/** The same bytes as what both platforms promise: a Buffer is a Uint8Array with other methods (`slice` shares). */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'wgrad')
}

function checkedKey(key: string): string {
  if (!/^[\w-][\w.-]*$/.test(key))
    throw new DataError(`"${key}" is no cache key. Use letters, digits, "-", "_" and ".".`)
  return key
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
