// The demo (root demo/, built into dist-demo/) and the three test projects. Everything that imports `wgrad` by name
// gets src/index.ts: the condition `wgrad-source` of package.json's exports and imports points there.

import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const projectRoot = fileURLToPath(new URL('.', import.meta.url))
const testing = process.env['VITEST'] !== undefined
/** What makes a page cross-origin isolated: the CPU backend may then share memory with threads. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
const slow = { testTimeout: 300_000, hookTimeout: 600_000 }

export default defineConfig({
  root: testing ? projectRoot : `${projectRoot}demo`,
  base: './',
  resolve: { conditions: ['wgrad-source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['wgrad-source', ...defaultServerConditions] } },
  worker: { format: 'es' },
  // Vite looks for dependencies in pages, not in their workers, and would reload the demo when it meets one of those.
  optimizeDeps: { include: testing ? [] : ['comlink', 'uplot', 'wgsl-preprocessor/wgsl-preprocessor.js'] },
  build: { outDir: `${projectRoot}dist-demo`, emptyOutDir: true, target: 'es2022' },
  server: { host: '127.0.0.1', headers: isolation, fs: { allow: [projectRoot] } },
  preview: { headers: isolation },
  test: {
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/chrome/**', 'test/dawn/**'],
          maxWorkers: availableParallelism(),
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Dawn keeps threads of its own and one device at a time: one process for one file after another.
        extends: true,
        test: {
          name: 'dawn',
          environment: 'node',
          include: ['test/dawn/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...slow,
        },
      },
      {
        extends: true,
        test: {
          name: 'chrome',
          environment: 'node',
          include: ['test/chrome/**/*.test.ts'],
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...slow,
        },
      },
    ],
  },
})
