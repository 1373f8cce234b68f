// The goldens as typed data, for tests in Node: each function reads one JSON file that make.py wrote.

import { readdirSync, readFileSync } from 'node:fs'

/** A row-major array of a golden. */
export interface GoldenArray {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** An input of a golden: 'float32' stands for the float dtype in which the case is run. */
export interface GoldenInput extends GoldenArray {
  readonly dtype: 'float32' | 'int32' | 'bool'
}

/** The parameters of an operation, by wgrad's names; README.md says which belong to which operation. */
export interface OpParams {
  readonly alignCorners?: boolean
  readonly alpha?: number
  readonly approximate?: boolean
  readonly axes?: readonly number[]
  readonly axis?: number
  readonly causal?: boolean
  readonly classes?: number
  readonly classWeights?: readonly number[]
  readonly correction?: number
  readonly count?: number
  readonly countPadding?: boolean
  readonly delta?: number
  readonly descending?: boolean
  readonly dilation?: readonly number[]
  readonly dtype?: 'float32' | 'int32' | 'bool'
  readonly epsilon?: number
  readonly equation?: string
  readonly exclusive?: boolean
  readonly from?: number
  readonly groups?: number
  readonly heads?: number
  readonly high?: number
  readonly ignoreIndex?: number
  readonly k?: number
  readonly keepDims?: boolean
  readonly labelSmoothing?: number
  readonly largest?: boolean
  readonly layout?: 'channelsFirst' | 'channelsLast'
  readonly length?: number
  readonly logTargets?: boolean
  readonly low?: number
  readonly method?: 'nearest' | 'bilinear'
  readonly multiplier?: number
  readonly negativeSlope?: number
  readonly ofBatch?: boolean
  readonly order?: 1 | 2 | 'inf' | 'fro'
  readonly outputPadding?: readonly number[]
  readonly padding?: 'valid' | 'same' | number | readonly (readonly [number, number])[]
  readonly part?: number
  readonly parts?: number | readonly number[]
  readonly permutation?: readonly number[]
  readonly reduction?: 'none' | 'mean' | 'sum'
  readonly repeats?: readonly number[]
  readonly result?: 'values' | 'indices'
  readonly returnSequences?: boolean
  readonly reverse?: boolean
  readonly scale?: number
  readonly selectors?: readonly (number | string | null)[]
  readonly shape?: readonly number[]
  readonly shift?: number
  readonly size?: readonly [number, number]
  readonly start?: readonly number[]
  readonly statistic?: 'mean' | 'variance'
  readonly step?: readonly number[]
  readonly stop?: readonly number[]
  readonly strides?: readonly number[]
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  readonly units?: number
  readonly value?: number | 'reflect' | 'edge'
  readonly values?: readonly [number, number, number]
  readonly widths?: readonly (readonly [number, number])[]
  readonly window?: readonly number[]
}

/**
 * One case of an operation. Where it is differentiated, `gradients[i]` is input i's vector-Jacobian product with `cotangent` (null
 * for what is no variable), and `products` the derivatives of Σ gradients · directions by the same inputs: a Hessian-vector product.
 */
export interface OpGolden {
  readonly name: string
  readonly op: string
  readonly inputs: readonly GoldenInput[]
  readonly params: OpParams
  readonly output: GoldenInput
  readonly cotangent: readonly number[] | null
  readonly gradients: readonly (readonly number[] | null)[]
  readonly directions: readonly (readonly number[])[]
  readonly products: readonly (readonly number[])[]
  readonly note?: string
}

/** What identifies a trained weight array: sums, and the entries of its row-major data at the indices `at`. */
export interface WeightSummary {
  readonly sum: number
  readonly sumSquares: number
  readonly at: readonly number[]
  readonly entries: readonly number[]
}

/** One precision of a training run: each step's batch-mean loss before its update, then the state after the last step. */
export interface TrainingGolden {
  readonly losses: readonly number[]
  readonly weights: Readonly<Record<'w1' | 'b1' | 'w2' | 'b2', WeightSummary>>
  readonly evaluation: { readonly loss: number; readonly correct: number }
}

/** One optimizer of keras-mlp.json; `learningRates` says from which step (counted from 0) each rate holds. */
export interface MlpRun {
  readonly optimizer: {
    readonly kind: 'sgd' | 'adam'
    readonly momentum?: number
    readonly nesterov?: boolean
    readonly weightDecay?: number
    readonly beta1?: number
    readonly beta2?: number
    readonly epsilon?: number
  }
  readonly steps: number
  readonly learningRates: readonly { readonly step: number; readonly rate: number }[]
  readonly float32: TrainingGolden
  readonly float64: TrainingGolden
}

/** keras-mlp.json: checksums of the generator in kerasMlp.ts, and the runs from its weights in its batch order. */
export interface KerasMlpGolden {
  readonly batchSize: number
  readonly samples: number
  readonly generator: Readonly<Record<'images' | 'labels' | 'w1' | 'w2', number>> & {
    readonly orders: readonly number[]
  }
  readonly runs: Readonly<
    Record<'sgd' | 'momentum' | 'nesterov' | 'weightDecay' | 'strongWeightDecay' | 'adam', MlpRun>
  >
}

type Vector = readonly number[]
type Matrix = readonly Vector[]

/** lecture.json: the tanh network (`jacobian[i][j]` = dz_i/dx_j), the nested functions and the order of products. */
export interface LectureGolden {
  readonly tanhNetwork: {
    readonly x: Vector
    readonly w1: Matrix
    readonly w2: Matrix
    readonly y: Vector
    readonly z: Vector
    readonly t: number
    readonly gradient: Vector
    readonly jacobian: Matrix
  }
  readonly nested: {
    readonly x: number
    readonly count: number
    readonly float64: { readonly value: number; readonly derivative: number }
    readonly float32: { readonly value: number; readonly derivative: number }
  }
  readonly products: {
    readonly j1: Matrix
    readonly j2: Matrix
    readonly v: Vector
    readonly j2v: Vector
    readonly j1j2v: Vector
  }
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

/** A number as the files of operations have it: JSON lacks NaN and the infinities. */
type Stored = number | 'NaN' | 'Infinity' | '-Infinity'

/** A case as the files have it. */
interface StoredGolden {
  readonly name: string
  readonly op: string
  readonly inputs: readonly (Omit<GoldenInput, 'data'> & { readonly data: readonly Stored[] })[]
  readonly params: OpParams
  readonly output: Omit<GoldenInput, 'data'> & { readonly data: readonly Stored[] }
  readonly cotangent?: readonly number[]
  readonly gradients?: readonly (readonly Stored[] | null)[]
  readonly directions?: readonly (readonly number[])[]
  readonly products?: readonly (readonly number[])[]
  readonly note?: string
}

function golden(stored: StoredGolden): OpGolden {
  const array = (given: StoredGolden['output']): GoldenInput => ({ ...given, data: given.data.map(Number) })
  return {
    ...stored,
    inputs: stored.inputs.map(array),
    output: array(stored.output),
    cotangent: stored.cotangent ?? null,
    gradients: stored.gradients?.map((one) => one?.map(Number) ?? null) ?? stored.inputs.map(() => null),
    directions: stored.directions ?? [],
    products: stored.products ?? [],
  }
}

/** The cases of all ops-FAMILY.json. */
export function opGoldens(): readonly OpGolden[] {
  const names = readdirSync(new URL('.', import.meta.url)).filter((name) => /^ops-.*\.json$/.test(name))
  return names.toSorted().flatMap((name) => {
    const file: { readonly cases: readonly StoredGolden[] } = JSON.parse(read(name))
    return file.cases.map(golden)
  })
}

/** The training runs of keras-mlp.json. */
export function kerasMlpGolden(): KerasMlpGolden {
  const file: KerasMlpGolden = JSON.parse(read('./keras-mlp.json'))
  return file
}

/** The lecture's numbers of lecture.json. */
export function lectureGolden(): LectureGolden {
  const file: LectureGolden = JSON.parse(read('./lecture.json'))
  return file
}
