// The check's reference for MLPs: the same training in plain float64 JavaScript, written without any engine. It is slow,
// never timed, and shares nothing with what it judges.

import { batchStart, weight } from '../engines/engine.ts'
import type { Engine, MlpModel, Session, Workload } from '../engines/engine.ts'

/** A dense layer in float64: `kernel [inputs, units]`, `bias [units]`, and the sums of their gradients over a batch. */
interface Layer {
  readonly inputs: number
  readonly units: number
  readonly kernel: Float64Array
  readonly bias: Float64Array
  readonly dKernel: Float64Array
  readonly dBias: Float64Array
}

/** Opens the reference as an engine: `prepare` starts from the workload's weights, `run` trains in float64. */
export async function openReference(_device: string, workload: Workload): Promise<Engine> {
  const { model } = workload
  if (model.kind !== 'mlp') throw new Error(`there is no reference for a ${model.kind}`)
  return { device: 'float64', prepare: async (batchSize) => prepareReference(workload, model, batchSize) }
}

function prepareReference(workload: Workload, model: MlpModel, batchSize: number): Session {
  const { dataset, order, optimizer } = workload
  const layers = layersOf(workload, model)
  let step = 0

  /** One SGD step on the mean loss of its batch; returns that loss. */
  function trainStep(): number {
    const start = batchStart(workload, batchSize, step++)
    let loss = 0
    for (let row = 0; row < batchSize; row++) {
      const sample = order[start + row]!
      const image = dataset.inputs.subarray(sample * model.features, (sample + 1) * model.features)
      loss += backward(
        layers,
        Float64Array.from(image, (pixel) => pixel / 255),
        dataset.targets[sample]!,
      )
    }
    const scale = -optimizer.learningRate / batchSize
    for (const { kernel, bias, dKernel, dBias } of layers) {
      addScaled(kernel, dKernel, scale)
      addScaled(bias, dBias, scale)
      dKernel.fill(0)
      dBias.fill(0)
    }
    return loss / batchSize
  }

  return {
    async run(steps) {
      let loss = NaN
      for (let n = 0; n < steps; n++) loss = trainStep()
      return loss
    },
    dispose() {},
  }
}

function layersOf({ params }: Workload, { hidden, classes }: MlpModel): Layer[] {
  return [...hidden, classes].map((units, layer) => {
    const kernel = Float64Array.from(weight(params, `kernel${layer}`).data)
    const bias = Float64Array.from(weight(params, `bias${layer}`).data)
    const inputs = kernel.length / units
    return { inputs, units, kernel, bias, dKernel: new Float64Array(kernel.length), dBias: new Float64Array(units) }
  })
}

/** Adds one sample's gradients to the layers' sums; returns its loss. */
function backward(layers: readonly Layer[], input: Float64Array, label: number): number {
  const activations = [input]
  layers.forEach((layer, index) => {
    const outputs = forward(layer, activations[index]!)
    activations.push(index < layers.length - 1 ? outputs.map((value) => Math.max(value, 0)) : outputs)
  })
  // Softmax cross-entropy, shifted by the largest logit; `cotangent` becomes dL/dlogits.
  const logits = activations[layers.length]!
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity)
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)
  let cotangent = logits.map((logit, k) => Math.exp(logit - largest) / total - (k === label ? 1 : 0))
  for (let index = layers.length - 1; index >= 0; index--) {
    const { inputs, units, kernel, dKernel, dBias } = layers[index]!
    const activation = activations[index]!
    const below = new Float64Array(inputs)
    for (let j = 0; j < units; j++) dBias[j]! += cotangent[j]!
    for (let i = 0; i < inputs; i++) {
      // what is 0 passes nothing on: a dark pixel to the kernel, a negative sum through its ReLU
      if (activation[i] === 0) continue
      for (let j = 0; j < units; j++) dKernel[i * units + j]! += activation[i]! * cotangent[j]!
      if (index === 0) continue
      let sum = 0
      for (let j = 0; j < units; j++) sum += kernel[i * units + j]! * cotangent[j]!
      below[i] = sum
    }
    cotangent = below
  }
  return largest + Math.log(total) - logits[label]!
}

function forward({ inputs, units, kernel, bias }: Layer, activation: Float64Array): Float64Array {
  const outputs = Float64Array.from(bias)
  for (let i = 0; i < inputs; i++) {
    const x = activation[i]!
    if (x === 0) continue
    for (let j = 0; j < units; j++) outputs[j]! += x * kernel[i * units + j]!
  }
  return outputs
}

function addScaled(values: Float64Array, deltas: Float64Array, scale: number): void {
  for (let n = 0; n < values.length; n++) values[n]! += scale * deltas[n]!
}
