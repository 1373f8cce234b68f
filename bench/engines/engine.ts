// What an engine must offer to be measured. A dataset and a task enter; a session leaves that trains step by step.
// Every engine sees the same numbers: the same dataset, initial weights, batch order and learning rate.

/** A labelled dataset on the host: `images` is row-major uint8 `[count, features]`, `labels` uint8 `[count]`. */
export interface Dataset {
  readonly count: number
  readonly features: number
  readonly classes: number
  readonly images: Uint8Array
  readonly labels: Uint8Array
}

/** The weights of the 784-128-10 MLP, row-major float32: `w1 [784, 128]`, `b1 [128]`, `w2 [128, 10]`, `b2 [10]`. */
export interface MlpParams {
  readonly w1: Float32Array
  readonly b1: Float32Array
  readonly w2: Float32Array
  readonly b2: Float32Array
}

/**
 * One training task: step `s` (from 0) trains on the samples `order[s * batchSize ...]`, wrapping around at the end of
 * `order`, whose length is a multiple of the batch size: every pass over it is one epoch, always in the same order.
 */
export interface Task {
  readonly batchSize: number
  readonly learningRate: number
  readonly hidden: number
  readonly params: MlpParams
  readonly order: Uint32Array
}

/** A model in training. */
export interface Session {
  /**
   * Trains `steps` more steps and resolves to the mean loss of the last one (computed before its update). It resolves
   * only when the device has really finished: it ends with the read-back of that one loss.
   */
  run(steps: number): Promise<number>
  /** Releases what the session holds on the device; the dataset stays with the engine. */
  dispose(): void | Promise<void>
}

/** An engine opened on one device, the dataset resident there in whatever form suits it best. */
export interface Engine {
  /** What computes, for the record: the adapter of a WebGPU engine, or for example `wasm, SIMD, 2 threads`. */
  readonly device: string
  prepare(task: Task): Promise<Session>
}

/** Loads an engine on `device` and makes the dataset resident there. Throws when the device cannot be had. */
export type OpenEngine = (device: string, dataset: Dataset) => Promise<Engine>

/** The index of the first sample of step `step` in `order`, see {@link Task}. */
export function batchStart(task: Task, step: number): number {
  return (step * task.batchSize) % task.order.length
}
