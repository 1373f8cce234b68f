// The check's reference: the same training in plain float64 JavaScript, written without any engine. It is slow, never
// timed, and shares nothing with what it judges.

import { batchStart } from '../engines/engine.ts'
import type { Dataset, Engine, Session, Task } from '../engines/engine.ts'

/** Opens the reference as an engine: `prepare` starts from the task's weights, `run` trains in float64. */
export async function openReference(_device: string, dataset: Dataset): Promise<Engine> {
  return { device: 'float64', prepare: async (task) => prepareReference(task, dataset) }
}

function prepareReference(task: Task, dataset: Dataset): Session {
  const { features, classes } = dataset
  const { batchSize, hidden, learningRate, order } = task
  const w1 = Float64Array.from(task.params.w1)
  const b1 = Float64Array.from(task.params.b1)
  const w2 = Float64Array.from(task.params.w2)
  const b2 = Float64Array.from(task.params.b2)
  let step = 0

  /** One SGD step on the mean loss of its batch; returns that loss. */
  function trainStep(): number {
    const dW1 = new Float64Array(w1.length)
    const dB1 = new Float64Array(hidden)
    const dW2 = new Float64Array(w2.length)
    const dB2 = new Float64Array(classes)
    const activation = new Float64Array(hidden)
    const probability = new Float64Array(classes)
    const lit = new Int32Array(features)
    const start = batchStart(task, step++)
    let loss = 0
    for (let row = 0; row < batchSize; row++) {
      const sample = order[start + row]!
      const image = dataset.images.subarray(sample * features, (sample + 1) * features)
      const label = dataset.labels[sample]!
      let litCount = 0
      activation.set(b1)
      for (let i = 0; i < features; i++) {
        if (image[i] === 0) continue
        lit[litCount++] = i
        const x = image[i]! / 255
        for (let j = 0; j < hidden; j++) activation[j]! += x * w1[i * hidden + j]!
      }
      for (let j = 0; j < hidden; j++) activation[j] = Math.max(activation[j]!, 0)
      // Softmax cross-entropy, shifted by the largest logit; `probability` becomes dL/dlogits.
      probability.set(b2)
      for (let j = 0; j < hidden; j++) {
        for (let k = 0; k < classes; k++) probability[k]! += activation[j]! * w2[j * classes + k]!
      }
      const largest = Math.max(...probability)
      const total = probability.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)
      loss += largest + Math.log(total) - probability[label]!
      for (let k = 0; k < classes; k++) probability[k] = Math.exp(probability[k]! - largest) / total
      probability[label]! -= 1
      for (let k = 0; k < classes; k++) dB2[k]! += probability[k]!
      for (let j = 0; j < hidden; j++) {
        let dActivation = 0
        for (let k = 0; k < classes; k++) {
          dW2[j * classes + k]! += activation[j]! * probability[k]!
          dActivation += w2[j * classes + k]! * probability[k]!
        }
        activation[j] = activation[j]! > 0 ? dActivation : 0
        dB1[j]! += activation[j]!
      }
      for (let n = 0; n < litCount; n++) {
        const i = lit[n]!
        const x = image[i]! / 255
        for (let j = 0; j < hidden; j++) dW1[i * hidden + j]! += x * activation[j]!
      }
    }
    const scale = -learningRate / batchSize
    const gradients = [dW1, dB1, dW2, dB2]
    ;[w1, b1, w2, b2].forEach((weights, index) => {
      const gradient = gradients[index]!
      for (let n = 0; n < weights.length; n++) weights[n]! += scale * gradient[n]!
    })
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
