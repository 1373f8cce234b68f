// Shapes and positions, the whole family: axes, parts of axes, and tensors joined and taken apart.

export * from './arranging.ts'
export * from './axes.ts'
export * from './slicing.ts'
