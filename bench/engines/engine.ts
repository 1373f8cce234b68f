// What an engine must offer to be measured. A workload enters; a session leaves that trains step by step. Every engine
// sees the same numbers: the same dataset, initial weights, batch order, optimizer and learning rate.

/**
 * Labelled samples on the host, row-major `[count, ...sampleShape]`: images uint8 (0 to 255) with a class each, or tokens
 * int32 with a class per token. `targets` has as many entries per sample as there are predictions.
 */
export interface Dataset {
  readonly count: number
  readonly sampleShape: readonly number[]
  readonly classes: number
  readonly inputs: Uint8Array | Int32Array
  readonly targets: Uint8Array | Int32Array
}

/** A weight on the host. */
export interface HostTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Initial weights by name, in the order in which the model uses them. */
export type Params = Readonly<Record<string, HostTensor>>

/** Dense layers with ReLU between: weights `kernel0 [features, hidden[0]]`, `bias0`, `kernel1`, ... */
export interface MlpModel {
  readonly kind: 'mlp'
  readonly features: number
  readonly hidden: readonly number[]
  readonly classes: number
}

/**
 * Twice conv 3x3 `same`, ReLU, max pooling 2x2, then a dense layer over the flattened maps, channels last: weights
 * `conv0 [3, 3, 1, channels[0]]`, `convBias0`, `conv1`, `convBias1`, `kernel [height * width * channels[1], classes]`, `bias`.
 */
export interface CnnModel {
  readonly kind: 'cnn'
  readonly side: number
  readonly channels: readonly [number, number]
  readonly classes: number
}

/**
 * A causal language model: token and position embeddings, pre-norm blocks of attention and MLP (GELU, tanh form), layer
 * norm, dense. Weights `tokens [vocabulary, features]`, `positions [length, features]`; per block `b` the names of
 * `blockNames(b)`; `normScale`, `normOffset`, `kernel [features, vocabulary]`, `bias`.
 */
export interface TransformerModel {
  readonly kind: 'transformer'
  readonly vocabulary: number
  readonly length: number
  readonly features: number
  readonly heads: number
  readonly hidden: number
  readonly blocks: number
}

/** What is trained. Every model's loss is the mean softmax cross-entropy over all targets of a batch. */
export type Model = MlpModel | CnnModel | TransformerModel

/** Adam with beta 0.9 and 0.999, epsilon 1e-8; or plain SGD. */
export interface OptimizerSpec {
  readonly kind: 'sgd' | 'adam'
  readonly learningRate: number
}

/** A training workload: everything but the batch size. */
export interface Workload {
  readonly model: Model
  readonly dataset: Dataset
  readonly optimizer: OptimizerSpec
  readonly params: Params
  /** Samples in the order in which every epoch takes them; a permutation. */
  readonly order: Uint32Array
  /** Held-out samples, for workloads that measure accuracy. */
  readonly test?: Dataset
}

/** A model in training. */
export interface Session {
  /**
   * Trains `steps` more steps and resolves to the mean loss of the last one (computed before its update). It resolves
   * only when the device has really finished: it ends with the read-back of that one loss. Step `s` (from 0) takes the
   * samples `order[s * batchSize ...]`, wrapping around at the end.
   */
  run(steps: number): Promise<number>
  /** The share of the workload's test samples that the model classifies rightly. Not every engine offers it. */
  accuracy?(): Promise<number>
  /** Releases what the session holds on the device; the dataset stays with the engine. */
  dispose(): void | Promise<void>
}

/** An engine opened on one device, the workload's dataset resident there in whatever form suits it best. */
export interface Engine {
  /** What computes, for the record: the adapter of a WebGPU engine, or for example `wasm, SIMD, 2 threads`. */
  readonly device: string
  /** Starts from the workload's weights. `batchSize` divides the samples. */
  prepare(batchSize: number): Promise<Session>
}

/** Loads an engine on `device` and makes the dataset resident there. Throws when the device cannot be had. */
export type OpenEngine = (device: string, workload: Workload) => Promise<Engine>

/** The index in `order` of the first sample of step `step`, see {@link Session}. */
export function batchStart({ order }: Workload, batchSize: number, step: number): number {
  return (step * batchSize) % order.length
}

/** The weight of that name; throws where a model and its weights do not fit. */
export function weight<T>(params: Readonly<Record<string, T>>, name: string): T {
  const found = params[name]
  if (found === undefined) throw new Error(`the model has no weight ${name}`)
  return found
}

/** The names of one transformer block's weights: two norms, four projections and the two layers of its MLP. */
export function blockNames(block: number) {
  const named = (name: string) => ({ kernel: `${name}Kernel${block}`, bias: `${name}Bias${block}` })
  const norm = (name: string) => ({ scale: `${name}Scale${block}`, offset: `${name}Offset${block}` })
  return {
    attentionNorm: norm('attentionNorm'),
    query: named('query'),
    key: named('key'),
    value: named('value'),
    output: named('output'),
    mlpNorm: norm('mlpNorm'),
    up: named('up'),
    down: named('down'),
  }
}
