// Neural network layers: the namespace `nn`.

export { dense, type DenseOptions, type DenseParams } from './dense.ts'
export { activation, dropout, flatten, gelu, leakyRelu, relu, rescale, sigmoid, tanh } from './elementwise.ts'
export * as initializers from './initializers.ts'
export type { Fans, Initializer } from './initializers.ts'
export { type Applied, type Empty, type Layer, type Mode, stateless, type TensorTree, type Variables } from './layer.ts'
export { type ParamsOf, sequential, type StateOf } from './sequential.ts'
