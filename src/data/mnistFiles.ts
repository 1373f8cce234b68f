// The four files of MNIST: named bytes enter, a checked dataset leaves. Files are told apart by their standard names,
// with `-idx` or `.idx`, gzip or not, in any folder; every fault names the file.

import { DataError } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'
import type { Dataset, Split } from './dataset.ts'
import { readIdx } from './idx.ts'

/** A file by name, as it comes from a folder, a download or a drop on a page. */
export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The standard names of the four files, without `.gz`. */
export const MNIST_FILES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const

/** One of the four standard names. */
export type MnistFile = (typeof MNIST_FILES)[number]

const SIDE = 28
const CLASSES = 10

/**
 * The standard name behind a file name or path: `data/train-images.idx3-ubyte.gz` is `train-images-idx3-ubyte`;
 * undefined when it is none of the four.
 */
export function mnistFileOf(path: string): MnistFile | undefined {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  const standard = name.replace(/\.gz$/i, '').replace('.idx', '-idx')
  return MNIST_FILES.find((file) => file === standard)
}

/**
 * Builds the dataset from the four files, in any order; other files are ignored.
 * @returns inputs uint8 [N, 28, 28], targets uint8 [N]; `source` is `files`
 * @throws DataError when a file is missing or faulty, or images and labels do not fit together
 */
export async function mnistFromFiles(files: readonly NamedFile[]): Promise<Dataset> {
  const chosen = new Map<MnistFile, NamedFile>()
  for (const file of files) {
    const standard = mnistFileOf(file.name)
    if (standard && !chosen.has(standard)) chosen.set(standard, file)
  }
  checkComplete(
    [...chosen.keys()],
    files.map((file) => file.name),
  )

  const split = async (images: MnistFile, labels: MnistFile): Promise<Split> => {
    const [imageFile, labelFile] = [chosen.get(images), chosen.get(labels)]
    if (!imageFile || !labelFile) throw new DataError(`${images} and ${labels} must both be given.`)
    const inputs = await readIdx(imageFile.bytes, imageFile.name)
    const targets = await readIdx(labelFile.bytes, labelFile.name)
    checkSplit(inputs, imageFile.name, targets, labelFile.name)
    return { inputs, targets }
  }
  return {
    name: 'MNIST',
    source: 'files',
    train: await split('train-images-idx3-ubyte', 'train-labels-idx1-ubyte'),
    test: await split('t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'),
    classes: CLASSES,
  }
}

/** @throws DataError that lists which of the four files are missing among the names given. */
export function checkComplete(present: readonly MnistFile[], given: readonly string[], where = ''): void {
  const missing = MNIST_FILES.filter((file) => !present.includes(file))
  if (missing.length === 0) return
  const listed = given.length > 8 ? [...given.slice(0, 8), `and ${given.length - 8} more`] : given
  throw new DataError(
    `${where}MNIST needs ${MNIST_FILES.length} files (plain or .gz); missing: ${missing.join(', ')}. ` +
      `Given: ${listed.join(', ') || 'nothing'}.`,
  )
}

function checkSplit(inputs: HostArray, imageFile: string, targets: HostArray, labelFile: string): void {
  const [count, height, width] = inputs.shape
  if (inputs.shape.length !== 3 || height !== SIDE || width !== SIDE || count === 0) {
    throw new DataError(
      `${imageFile}: images must be [N, ${SIDE}, ${SIDE}] with N > 0, given [${inputs.shape.join(', ')}].`,
    )
  }
  if (targets.shape.length !== 1) {
    throw new DataError(`${labelFile}: labels must be [N], given [${targets.shape.join(', ')}].`)
  }
  if (targets.shape[0] !== count) {
    throw new DataError(
      `${labelFile} has ${targets.shape[0]} labels, but ${imageFile} has ${count} images. Use files of one download.`,
    )
  }
  const wrong = targets.data.findIndex((label) => label >= CLASSES)
  if (wrong >= 0) {
    throw new DataError(
      `${labelFile}: labels must be 0 to ${CLASSES - 1}, but label ${wrong} is ${targets.data[wrong]}.`,
    )
  }
}
