// What scripts/fuzz.mjs bundles and runs.

import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '../../src/platform/node.ts'

export { generateProgram } from './generate.ts'
export { printProgram } from './program.ts'
export { cpuVariants, deviceVariants, runSeries } from './run.ts'

/** The WebGPU device of this machine. */
export const openDevice = async (): Promise<Backend> => createWebGpuBackend(await platform.gpu())
