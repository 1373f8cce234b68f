import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DataError } from '../../src/core/errors.ts'
import { mnist } from '../../src/data/mnist.ts'
import { cachedMnist, downloadMnist, type KnownFile } from '../../src/data/mnistDownload.ts'
import { MNIST_FILES, type MnistFile, type NamedFile } from '../../src/data/mnistFiles.ts'
import { mnistFixture, setEnvironment, withFolder } from './fixtures.ts'

const FEW = { trainCount: 20, testCount: 10 }

let restoreEnvironment: () => void
let caches: string
let cache: string

beforeEach(async () => {
  caches = await mkdtemp(join(tmpdir(), 'wgrad-test-'))
  cache = join(caches, 'wgrad')
  restoreEnvironment = setEnvironment({ XDG_CACHE_HOME: caches, WGRAD_DATA_DIR: undefined })
})

afterEach(async () => {
  restoreEnvironment()
  await rm(caches, { recursive: true })
})

/** What `downloadMnist` should know of these files. */
function knownFiles(files: readonly NamedFile[]): Record<MnistFile, KnownFile> {
  const known = (name: MnistFile): KnownFile => {
    const bytes = files.find((file) => file.name === name)?.bytes ?? new Uint8Array()
    return { sha256: createHash('sha256').update(bytes).digest('hex'), downloadBytes: gzipSync(bytes).length }
  }
  return {
    'train-images-idx3-ubyte': known('train-images-idx3-ubyte'),
    'train-labels-idx1-ubyte': known('train-labels-idx1-ubyte'),
    't10k-images-idx3-ubyte': known('t10k-images-idx3-ubyte'),
    't10k-labels-idx1-ubyte': known('t10k-labels-idx1-ubyte'),
  }
}

/** A mirror on this machine that serves the files, as long as `use` runs; it counts requests. */
async function withMirror(
  files: readonly NamedFile[],
  use: (address: string, requests: string[]) => Promise<void>,
): Promise<void> {
  const requests: string[] = []
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const file = files.find(({ name }) => request.url === `/mnist/${name}.gz`)
    if (file) response.end(gzipSync(file.bytes))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${portOf(server)}/mnist/`, requests)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** An address at which nothing listens: connections are refused. */
async function refusingMirror(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/`
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function cacheNames(): Promise<string[]> {
  return readdir(cache).catch(() => [])
}

describe('mnist from a folder', () => {
  test('reads the folder that was named and says so', async () => {
    await withFolder(async (folder) => {
      for (const { name, bytes } of mnistFixture()) await writeFile(join(folder, `${name}.gz`), gzipSync(bytes))
      const stages: string[] = []
      const dataset = await mnist({
        source: folder,
        onProgress: ({ stage, received, total }) => stages.push(`${stage} ${received}/${total}`),
      })
      expect(dataset.source).toBe(`folder ${folder}`)
      expect(dataset.train.targets.shape).toEqual([5])
      expect(stages).toEqual(['read 1/4', 'read 2/4', 'read 3/4', 'read 4/4'])
    })
  })

  test('reads the folder in WGRAD_DATA_DIR, and only the first samples when fewer are asked for', async () => {
    await withFolder(async (folder) => {
      for (const { name, bytes } of mnistFixture()) await writeFile(join(folder, name), bytes)
      const restore = setEnvironment({ WGRAD_DATA_DIR: folder })
      try {
        const dataset = await mnist({ trainCount: 2, testCount: 1 })
        expect(dataset.source).toBe(`folder ${folder}`)
        expect(dataset.train.inputs.shape).toEqual([2, 28, 28])
        expect(dataset.train.inputs.data.length).toBe(2 * 784)
        expect([...dataset.test.targets.data]).toEqual([0])
        await expect(mnist({ trainCount: 6 })).rejects.toThrow('trainCount is 6, but the data has 5 samples')
      } finally {
        restore()
      }
    })
  })

  test('fails when the named folder is missing, incomplete or faulty, and never falls back', async () => {
    await withFolder(async (folder) => {
      const missing = join(folder, 'none')
      await expect(mnist({ source: missing })).rejects.toThrow(DataError)
      await expect(mnist({ source: missing })).rejects.toThrow(`Cannot list the folder ${missing} (ENOENT)`)

      const incomplete = join(folder, 'incomplete')
      await mkdir(incomplete)
      await expect(mnist({ source: incomplete })).rejects.toThrow(/incomplete: MNIST needs 4 files.*Given: nothing/)

      for (const { name, bytes } of mnistFixture()) await writeFile(join(folder, name), bytes.subarray(0, 30))
      await expect(mnist({ source: folder })).rejects.toThrow(join(folder, 'train-images-idx3-ubyte') + ': truncated')
    })
  })
})

describe('mnist without a folder', () => {
  test('falls back to generated digits at once when mirrors refuse the connection, and tells why', async () => {
    const notices: string[] = []
    const mirrors = [await refusingMirror(), await refusingMirror()]
    const begin = performance.now()
    const dataset = await mnist({ ...FEW, mirrors, onNotice: (text) => notices.push(text) })
    expect(performance.now() - begin).toBeLessThan(2000)
    expect(dataset.source).toBe('generated digits')
    expect(notices).toHaveLength(1)
    for (const mirror of mirrors) expect(notices[0]).toContain(mirror)
    expect(notices[0]).toContain('ECONNREFUSED')
    expect(await cacheNames()).toEqual([])
  })

  test('gives up on mirrors that take the connection and never answer', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const notices: string[] = []
    const address = `http://127.0.0.1:${portOf(silent)}/`
    const dataset = await mnist({
      ...FEW,
      mirrors: [address, address],
      connectTimeout: 200,
      onNotice: (text) => notices.push(text),
    })
    silent.closeAllConnections()
    silent.close()
    expect(dataset.source).toBe('generated digits')
    expect(notices[0]).toContain('no answer within 100 ms')
  })

  test('asks no mirror when the download is switched off', async () => {
    await withMirror(mnistFixture(), async (address, requests) => {
      const notices: string[] = []
      const dataset = await mnist({
        ...FEW,
        mirrors: [address],
        download: false,
        onNotice: (text) => notices.push(text),
      })
      expect(dataset.source).toBe('generated digits')
      expect(notices[0]).toContain('the download is switched off')
      expect(requests).toEqual([])
    })
  })

  test('does not take files with another checksum, and keeps nothing of them', async () => {
    await withMirror(mnistFixture(), async (address) => {
      const notices: string[] = []
      const dataset = await mnist({ ...FEW, mirrors: [address], onNotice: (text) => notices.push(text) })
      expect(dataset.source).toBe('generated digits')
      expect(notices[0]).toMatch(/train-images-idx3-ubyte from .* has SHA-256 [0-9a-f]{64}, expected ba891046/)
      expect(await cacheNames()).toEqual([])
    })
  })

  test('stops with the reason of its signal instead of falling back', async () => {
    await withMirror([], async (address) => {
      const control = new AbortController()
      const promise = mnist({ mirrors: [address], signal: control.signal })
      control.abort(new Error('the user left'))
      await expect(promise).rejects.toThrow('the user left')
    })
  })
})

describe('downloadMnist', () => {
  test('fetches four checked files, reports bytes, and finds them in the cache afterwards', async () => {
    const files = mnistFixture()
    await withMirror(files, async (address, requests) => {
      const progress: { received: number; total: number }[] = []
      const options = { mirrors: [address], knownFiles: knownFiles(files) }
      const fetched = await downloadMnist({ ...options, onProgress: (step) => progress.push(step) })
      expect(fetched.map((file) => file.name)).toEqual([...MNIST_FILES])
      expect(fetched[1]?.bytes).toEqual(files[1]?.bytes)
      expect(progress.at(-1)?.received).toBe(progress.at(-1)?.total)
      expect(await cacheNames()).toEqual(MNIST_FILES.map((name) => `mnist-${name}.gz`).sort())

      const cached = await cachedMnist(options)
      expect(cached?.map((file) => Buffer.from(file.bytes))).toEqual(files.map((file) => Buffer.from(file.bytes)))
      expect(requests).toHaveLength(4)
    })
  })

  test('keeps nothing of a mirror that fails half-way, and goes on to the next', async () => {
    const files = mnistFixture()
    await withMirror(files.slice(0, 2), async (broken, asked) => {
      await expect(downloadMnist({ mirrors: [broken], knownFiles: knownFiles(files) })).rejects.toThrow('answered 404')
      expect(asked).toHaveLength(3)
      expect(await cacheNames()).toEqual([])
      await withMirror(files, async (whole) => {
        const fetched = await downloadMnist({ mirrors: [broken, whole], knownFiles: knownFiles(files) })
        expect(fetched).toHaveLength(4)
      })
    })
  })

  test('does not trust a cache whose bytes have changed', async () => {
    const files = mnistFixture()
    await withMirror(files, async (address) => {
      const options = { mirrors: [address], knownFiles: knownFiles(files) }
      await downloadMnist(options)
      await writeFile(join(cache, 'mnist-t10k-labels-idx1-ubyte.gz'), 'half a file')
      const notices: string[] = []
      expect(await cachedMnist({ ...options, onNotice: (text) => notices.push(text) })).toBeNull()
      expect(notices[0]).toContain('t10k-labels-idx1-ubyte from the cache has SHA-256')
    })
  })

  test('delivers the data even when the cache cannot be written', async () => {
    const files = mnistFixture()
    const inTheWay = join(caches, 'a file')
    await writeFile(inTheWay, '')
    const restore = setEnvironment({ XDG_CACHE_HOME: inTheWay })
    try {
      await withMirror(files, async (address) => {
        const notices: string[] = []
        const fetched = await downloadMnist({
          mirrors: [address],
          knownFiles: knownFiles(files),
          onNotice: (text) => notices.push(text),
        })
        expect(fetched).toHaveLength(4)
        expect(notices[0]).toContain('The download is not kept')
      })
    } finally {
      restore()
    }
  })
})
