// Prediction with the trainer's parameters: any number of samples, padded to a few batch sizes so that few programs serve all.

import { ShapeError, DTypeError } from '../core/errors.ts'
import { hostArrayOf } from '../core/dtype.ts'
import type { HostArray } from '../core/hostArray.ts'
import { formatShape, sameShape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { fromHost, readData } from '../runtime/host.ts'
import { jit } from '../runtime/jit.ts'
import { disposeTensor } from '../runtime/storage.ts'
import type { TrainerOptions } from './options.ts'
import { partsOf, type Session } from './session.ts'
import type { TrainState } from './step.ts'

const LARGEST_BATCH = 256

/** A function from inputs `[n, ...]` to the model's outputs `[n, ...]`. */
export function createPredictor(session: Session, options: TrainerOptions): (inputs: HostArray) => Promise<HostArray> {
  const parts = partsOf(options)
  const sample = options.data.train.inputs
  const forward = jit(function predict(state: Pick<TrainState, 'params' | 'model'>, x: Tensor): Tensor {
    return parts.model.apply({ params: state.params, state: state.model }, parts.preprocess(x), { training: false })
      .output
  })

  return async (inputs) => {
    const shape = sample.shape.slice(1)
    if (!sameShape(inputs.shape.slice(1), shape)) {
      throw new ShapeError(`predict: expected inputs [n, ${shape.join(', ')}], got ${formatShape(inputs.shape)}`)
    }
    if (inputs.dtype !== sample.dtype)
      throw new DTypeError(`predict: expected ${sample.dtype} inputs like the training data, got ${inputs.dtype}`)
    const count = inputs.shape[0]!
    const size = sizeOf(shape)
    const outputShape = parts.model.outputShape(shape)
    const width = sizeOf(outputShape)
    const result = new Float32Array(count * width)
    const { params, model } = session.state
    for (let from = 0; from < count; from += LARGEST_BATCH) {
      const length = Math.min(LARGEST_BATCH, count - from)
      const padded = 2 ** Math.ceil(Math.log2(length))
      const data = hostArrayOf(inputs.dtype, padded * size)
      data.set(inputs.data.subarray(from * size, (from + length) * size))
      const x = fromHost({ shape: [padded, ...shape], dtype: inputs.dtype, data }, session.device)
      const output = forward({ params, model }, x)
      result.set((await readData(output)).subarray(0, length * width), from * width)
      disposeTensor(x)
      disposeTensor(output)
    }
    return { shape: [count, ...outputShape], dtype: 'float32', data: result }
  }
}
