// The goldens as typed data, for tests in Node: each function reads one JSON file that make.py wrote.

import { readFileSync } from 'node:fs'

/** A row-major array of a golden. */
export interface GoldenArray {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** One operation of ops.json: `gradients[i]` is input i's vector-Jacobian product with `cotangent`, null for int32 and bool. */
export interface OpGolden {
  readonly name: string
  readonly op: string
  readonly inputs: readonly (GoldenArray & { readonly dtype: 'float32' | 'int32' | 'bool' })[]
  readonly params: Readonly<
    Record<string, number | string | boolean | readonly number[] | readonly (readonly number[])[]>
  >
  readonly output: GoldenArray
  readonly cotangent: { readonly data: readonly number[] }
  readonly gradients: readonly (GoldenArray | null)[]
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

/** The cases of ops.json. */
export function opGoldens(): readonly OpGolden[] {
  const file: { cases: OpGolden[] } = JSON.parse(read('./ops.json'))
  return file.cases
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
