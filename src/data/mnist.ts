// MNIST from wherever it can be had: a named folder, else the cache, else the public mirrors, else the generated
// digits. A folder that was named is an instruction: it is used or it fails. The others fall back, and `source` and
// `onNotice` say so.

import { platform } from '#platform'
import { type DataProgress, type Dataset, firstSamples } from './dataset.ts'
import { digits } from './digits/digits.ts'
import { cachedMnist, downloadMnist } from './mnistDownload.ts'
import { checkComplete, type MnistFile, mnistFileOf, mnistFromFiles, type NamedFile } from './mnistFiles.ts'

/** Options of `mnist`. */
export interface MnistOptions {
  /** A folder with the four files; default: the environment variable `WGRAD_DATA_DIR`, when it is set. Node only. */
  readonly source?: string
  /** Whether the network may be used; default true. */
  readonly download?: boolean
  /** Use only the first samples of each split; default: all. */
  readonly trainCount?: number
  readonly testCount?: number
  /** The seed of the generated digits; real data does not depend on it. */
  readonly seed?: number
  /** Addresses to which the standard names with `.gz` are appended; default: the public mirrors. */
  readonly mirrors?: readonly string[]
  /** Milliseconds until the first answer of a mirror, shared by all mirrors; default 6000. */
  readonly connectTimeout?: number
  readonly onProgress?: (progress: DataProgress) => void
  /** Told in a sentence when something was not as wished, such as why the generated digits are used. */
  readonly onNotice?: (text: string) => void
  readonly signal?: AbortSignal
}

/**
 * The MNIST handwritten digits (LeCun, Cortes, Burges): 60,000 training and 10,000 test images, uint8 [N, 28, 28].
 * Tries in turn `source` or `WGRAD_DATA_DIR` (a folder), the cache, the public mirrors; when none of these can be had,
 * it returns `digits()`, a generated stand-in of the same shape. `dataset.source` says which it was.
 * @throws DataError when a named folder is missing or faulty; the signal's reason when it aborts
 */
export async function mnist(options: MnistOptions = {}): Promise<Dataset> {
  options.signal?.throwIfAborted()
  const folder = options.source ?? platform.environment('WGRAD_DATA_DIR')
  if (folder !== undefined) return shortened(await mnistFromFolder(folder, options), options)

  const cached = await cachedMnist(options)
  if (cached) return shortened({ ...(await mnistFromFiles(cached)), source: 'cache' }, options)

  let reason = 'MNIST is not in the cache and the download is switched off.'
  if (options.download !== false) {
    try {
      const files = await downloadMnist(options)
      return shortened({ ...(await mnistFromFiles(files)), source: 'download' }, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      reason = error instanceof Error ? error.message : String(error)
    }
  }
  options.onNotice?.(
    `Generated digits are used in place of MNIST. ${reason} ` +
      'To use MNIST, set WGRAD_DATA_DIR to a folder with its four files.',
  )
  return digits(options)
}

async function mnistFromFolder(folder: string, options: MnistOptions): Promise<Dataset> {
  const names = await platform.listFolder(folder)
  const chosen = new Map<MnistFile, string>()
  for (const name of names) {
    const standard = mnistFileOf(name)
    if (standard && !chosen.has(standard)) chosen.set(standard, name)
  }
  checkComplete([...chosen.keys()], names, `${folder}: `)

  const files: NamedFile[] = []
  for (const name of chosen.values()) {
    options.signal?.throwIfAborted()
    const path = `${folder.replace(/[\\/]+$/, '')}/${name}`
    files.push({ name: path, bytes: await platform.readFile(path) })
    options.onProgress?.({ stage: 'read', received: files.length, total: chosen.size })
  }
  return { ...(await mnistFromFiles(files)), source: `folder ${folder}` }
}

function shortened(dataset: Dataset, options: MnistOptions): Dataset {
  return {
    ...dataset,
    train: firstSamples(dataset.train, options.trainCount, 'trainCount'),
    test: firstSamples(dataset.test, options.testCount, 'testCount'),
  }
}
