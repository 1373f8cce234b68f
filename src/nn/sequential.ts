// Layers one after another, as one layer. Its params and state are lists with one entry per layer.

import { ArgumentError, WgradError } from '../core/errors.ts'
import { checkShape, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { foldIn, splitKeys } from '../random/index.ts'
import type { Layer, TensorTree, Variables } from './layer.ts'

type VariablesOf<L> = L extends { init(key: Tensor, inputShape: Shape): infer V } ? V : never

/** The params of each layer of a list. */
export type ParamsOf<L extends readonly Layer[]> = {
  readonly [K in keyof L]: VariablesOf<L[K]> extends Variables<infer P> ? P : never
}

/** The state of each layer of a list. */
export type StateOf<L extends readonly Layer[]> = {
  readonly [K in keyof L]: VariablesOf<L[K]> extends Variables<unknown, infer S> ? S : never
}

/** `run` for one layer; what it throws names the layer. */
function inLayer<T>(layers: readonly Layer[], index: number, run: (layer: Layer) => T): T {
  const layer = layers[index]!
  try {
    return run(layer)
  } catch (error) {
    if (error instanceof WgradError) error.message = `sequential: layer ${index}, ${layer.name}: ${error.message}`
    throw error
  }
}

function entriesOf(what: string, tree: unknown, count: number): readonly TensorTree[] {
  if (Array.isArray(tree) && tree.length === count) return tree
  const given = Array.isArray(tree) ? `a list of ${tree.length}` : typeof tree
  throw new ArgumentError(
    `sequential: expected ${what} as a list of ${count}, one entry per layer, got ${given}: pass what init gave`,
  )
}

/**
 * Layers applied in order. Keys are split among them, state is threaded through, and `init` checks that each takes what the one
 * before gives; errors name the layer, counted from 0.
 * @throws ArgumentError for a list that is empty or holds something else than layers.
 */
export function sequential<const L extends readonly Layer[]>(layers: L): Layer<ParamsOf<L>, StateOf<L>> {
  if (!Array.isArray(layers) || layers.length === 0)
    throw new ArgumentError('sequential: expected a list of at least one layer')
  layers.forEach((layer: Partial<Layer> | null | undefined, i) => {
    if (
      typeof layer?.init === 'function' &&
      typeof layer.apply === 'function' &&
      typeof layer.outputShape === 'function'
    )
      return
    const given =
      typeof layer === 'function' ? 'a function: call it, e.g. nn.relu(), or wrap it: nn.activation(fn)' : String(layer)
    throw new ArgumentError(`sequential: entry ${i} is no layer but ${given}`)
  })
  const all: readonly Layer[] = [...layers]
  const outputShape = (inputShape: Shape): Shape =>
    all.reduce((shape, _, i) => inLayer(all, i, (layer) => layer.outputShape(shape)), inputShape)

  return {
    name: `sequential of ${all.length}`,
    init: (key, inputShape) => {
      checkShape('sequential', inputShape)
      const keys = splitKeys(key, all.length)
      let shape = inputShape
      const made = all.map((_, i) =>
        inLayer(all, i, (layer) => {
          const variables = layer.init(keys[i]!, shape)
          shape = layer.outputShape(shape)
          return variables
        }),
      )
      return {
        params: made.map(({ params }) => params) as ParamsOf<L>,
        state: made.map(({ state }) => state) as StateOf<L>,
      }
    },
    apply: (variables, x, mode) => {
      const params = entriesOf('params', variables.params, all.length)
      const states = entriesOf('state', variables.state, all.length)
      let output = x
      const state = all.map((_, i) =>
        inLayer(all, i, (layer) => {
          const key = mode.key === undefined ? undefined : foldIn(mode.key, i)
          const applied = layer.apply({ params: params[i]!, state: states[i]! }, output, {
            training: mode.training,
            key,
          })
          output = applied.output
          return applied.state
        }),
      )
      return { output, state: state as StateOf<L> }
    },
    outputShape,
  }
}
