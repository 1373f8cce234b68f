import type { Backend } from '../backend.ts'
export async function createWebGpuBackend(_gpu: GPU | null): Promise<Backend> { throw new Error('stub') }
