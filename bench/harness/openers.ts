// The engines by family. Each family's code is loaded by the pages that ask for it only.

import type { OpenEngine } from '../engines/engine.ts'
import type { OpenMatmulEngine } from '../engines/matmul.ts'

const trainers: Readonly<Record<string, () => Promise<OpenEngine>>> = {
  reference: async () => (await import('./reference.ts')).openReference,
  wgrad: async () => (await import('../engines/wgrad.ts')).openWgrad,
  tfjs: async () => (await import('../peers/tfjs.ts')).openTfjs,
  jaxjs: async () => (await import('../peers/jaxjs.ts')).openJaxjs,
  yardstick: async () => (await import('../yardsticks/mlp.ts')).openYardstick,
}

const multipliers: Readonly<Record<string, () => Promise<OpenMatmulEngine>>> = {
  wgrad: async () => (await import('../engines/wgradMatmul.ts')).openWgradMatmul,
  tfjs: async () => (await import('../peers/tfjsMatmul.ts')).openTfjsMatmul,
  jaxjs: async () => (await import('../peers/jaxjsMatmul.ts')).openJaxjsMatmul,
  yardstick: async () => (await import('../yardsticks/matmul.ts')).openYardstickMatmul,
}

/** Loads the family of an engine such as `wgrad-webgpu`; returns how to open it for training, and its device. */
export async function loadEngine(id: string): Promise<{ open: OpenEngine; device: string }> {
  const { family, device } = partsOf(id)
  const load = trainers[family]
  if (load === undefined) throw new Error(`no engine ${id}`)
  return { open: await load(), device }
}

/** The same for matrix products. */
export async function loadMatmul(id: string): Promise<{ open: OpenMatmulEngine; device: string }> {
  const { family, device } = partsOf(id)
  const load = multipliers[family]
  if (load === undefined) throw new Error(`${id} has no matrix product`)
  return { open: await load(), device }
}

function partsOf(id: string): { family: string; device: string } {
  const dash = id.indexOf('-')
  return dash < 0 ? { family: id, device: '' } : { family: id.slice(0, dash), device: id.slice(dash + 1) }
}
