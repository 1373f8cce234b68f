// All elementwise primitives, by family.

export * from './arithmetic.ts'
export * from './comparison.ts'
export * from './conversion.ts'
export * from './errorFunction.ts'
export * from './exponential.ts'
export * from './trigonometric.ts'
