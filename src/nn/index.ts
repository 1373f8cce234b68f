// Neural network layers: the namespace `nn`.

export { multiHeadAttention, type MultiHeadAttentionOptions, type MultiHeadAttentionParams } from './attention.ts'
export { conv1d, conv2d, conv2dTranspose, type ConvOptions, type ConvParams, type ConvTransposeOptions, depthwiseConv2d, type DepthwiseConvOptions } from './convolution.ts' // prettier-ignore
export { dense, type DenseOptions, type DenseParams } from './dense.ts'
export { activation, dropout, flatten, gelu, leakyRelu, relu, rescale, sigmoid, tanh } from './elementwise.ts'
export { embedding, type EmbeddingOptions, type EmbeddingParams } from './embedding.ts'
export * as initializers from './initializers.ts'
export type { Fans, Initializer } from './initializers.ts'
export { type Applied, type Empty, type Layer, type Mode, stateless, type TensorTree, type Variables } from './layer.ts'
export { batchNorm, type BatchNormLayerOptions, groupNorm, instanceNorm, layerNorm, type LayerNormLayerOptions, type NormOptions, type NormParams, rmsNorm, type RunningStatistics } from './normalization.ts' // prettier-ignore
export { avgPool2d, globalAveragePool, maxPool2d } from './pooling.ts'
export { gru, lstm, type RecurrentOptions, type RecurrentParams, simpleRnn } from './recurrent.ts'
export { type ParamsOf, sequential, type StateOf } from './sequential.ts'
