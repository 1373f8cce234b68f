// Datasets: MNIST from files, folder, cache or network, and the generated digits that stand in for it.

export type { DataProgress, Dataset, Split } from './dataset.ts'
export { digits, type DigitsOptions } from './digits/digits.ts'
export { readIdx } from './idx.ts'
export { mnist, type MnistOptions } from './mnist.ts'
export { mnistFromFiles, type NamedFile } from './mnistFiles.ts'
