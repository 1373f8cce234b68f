// The structure that DESIGN.md section 3 promises, asserted on the source files themselves; and, for each rule, that it
// finds what it is there to find.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  assertionViolations,
  cycleViolations,
  documentationViolations,
  importViolations,
  lengthViolations,
  pageViolations,
} from './support/architecture.ts'
import { readSourceFile } from './support/sourceFile.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))

function filesIn(folder: string, ending: RegExp): { path: string; text: string }[] {
  const path = join(projectRoot, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: file.slice(projectRoot.length).replaceAll('\\', '/'), text: readFileSync(file, 'utf8') }))
}

describe('the source files', () => {
  const sources = ['src', 'shaders']
    .flatMap((folder) => filesIn(folder, /(?<!\.d)\.ts$/))
    .map(({ path, text }) => readSourceFile(path, text))
  const everything = ['src', 'shaders', 'test', 'bench', 'demo', 'examples', 'scripts'].flatMap((folder) =>
    filesIn(folder, /\.(ts|mts|js|mjs|css|html|py)$/),
  )

  test('import only what the table of DESIGN.md section 3 allows', () => {
    expect(importViolations(sources)).toEqual([])
  })
  test('have no import cycle', () => {
    expect(cycleViolations(sources)).toEqual([])
  })
  test('have at most 400 lines each', () => {
    expect(
      lengthViolations(everything.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))),
    ).toEqual([])
  })
  test('document every export', () => {
    expect(documentationViolations(sources)).toEqual([])
  })
  test('touch neither document nor window', () => {
    expect(pageViolations(sources)).toEqual([])
  })
  test('overrule the type checker nowhere', () => {
    expect(assertionViolations(sources)).toEqual([])
  })
})

describe('the import rule', () => {
  test.each([
    ['src/core/shape.ts', `import type { Tensor } from '../ir/tensor.ts'`, 'core may not import ir'],
    ['src/core/shape.ts', `export type T = import('../ir/tensor.ts').Tensor`, 'core may not import ir'],
    ['src/core/shape.ts', `export * from '../ir/tensor.ts'`, 'core may not import ir'],
    ['src/compiler/fuse.ts', `const a = await import('../ops/add.ts')`, 'compiler may not import ops'],
    ['src/backend/cpu/run.ts', `import { map } from '../../../shaders/map.ts'`, 'backend may not import shaders'],
    ['src/ir/graph.ts', `import { files } from '#platform'`, 'ir may not import platform'],
    ['src/train/fit.ts', `import '../fluent.ts'`, 'train may not import fluent'],
    ['src/train/fit.ts', `import { grad } from '../index.ts'`, 'train may not import index'],
    ['src/ops/add.ts', `import { join } from 'node:path'`, 'only platform and cli may import "node:path"'],
    ['src/runtime/device.ts', `import { create } from 'webgpu'`, 'the package "webgpu" may not be imported'],
    [
      'shaders/map.ts',
      `import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js'`,
      'only shaders/wgsl.ts may import',
    ],
    ['shaders/map.ts', `import type { Kernel } from '../src/compiler/kernel.ts'`, 'shaders may not import compiler'],
    ['src/stuff/a.ts', `import { a } from './b.ts'`, 'the folder "stuff" is not in the import table'],
  ])('refuses in %s: %s', (path, text, rule) => {
    const [violation, ...others] = importViolations([readSourceFile(path, text)])
    expect(others).toEqual([])
    expect(violation).toContain(`${path}:1: ${rule}`)
  })

  test.each([
    ['src/backend/webgpu/codegen.ts', `import { map } from '../../../shaders/map.ts'`],
    ['src/backend/webgpu/codegen.ts', `import type { Backend } from '../backend.ts'`],
    ['src/backend/backend.ts', `import type { Program } from '../compiler/compile.ts'`],
    ['src/runtime/device.ts', `import { openGpu } from '#platform'`],
    ['src/cli/main.ts', `import { setDevice } from '../index.ts'`],
    ['src/index.ts', `import './fluent.ts'`],
    ['src/platform/dawn.ts', `const { create } = await import('webgpu')`],
    ['shaders/wgsl.ts', `import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js'`],
  ])('allows in %s: %s', (path, text) => {
    expect(importViolations([readSourceFile(path, text)])).toEqual([])
  })
})

test('the cycle rule finds a cycle through a type-only import', () => {
  const files = [
    readSourceFile('src/ir/a.ts', `import type { B } from './b.ts'`),
    readSourceFile('src/ir/b.ts', `export { c } from './c.ts'`),
    readSourceFile('src/ir/c.ts', `import { a } from './a.ts'\nimport { d } from './d.ts'`),
    readSourceFile('src/ir/d.ts', ''),
  ]
  expect(cycleViolations(files)).toEqual([
    'src/ir/a.ts:1: import cycle src/ir/a.ts -> src/ir/b.ts -> src/ir/c.ts -> src/ir/a.ts',
  ])
})

test('the length rule counts lines', () => {
  expect(lengthViolations([{ path: 'src/a.ts', lines: 400 }])).toEqual([])
  expect(lengthViolations([{ path: 'src/a.ts', lines: 401 }])[0]).toContain('src/a.ts:401')
})

test('the documentation rule names every undocumented export, and only those', () => {
  const text = `
    import { other } from './other.ts'
    /** Documented. */
    export const a = 1
    // Not TSDoc.
    export const b = 2
    /** Documented, but something stands between. */
    const between = 0
    export function c(): number { return between }
    /** Overloads need it once. */
    export function d(x: number): number
    export function d(x: string): number
    export function d(): number { return 0 }
    export type E = string
    interface F {}
    export { F, other }
    export * from './more.ts'
  `
  const names = readSourceFile('src/ir/a.ts', text).undocumentedExports.map(({ name, line }) => `${name}:${line}`)
  expect(names).toEqual(['b:6', 'c:9', 'E:14', 'F:15'])
})

test('the page rule tells globals from names that a file declares', () => {
  const uses = (text: string): string[] => pageViolations([readSourceFile('src/nn/a.ts', text)])
  expect(uses(`const title = document.title`)).toHaveLength(1)
  expect(uses(`if (typeof window === 'undefined') throw 0`)).toHaveLength(1)
  expect(uses(`const d = globalThis.document`)).toHaveLength(1)
  expect(uses(`interface Pool { window: number[] }; const f = (p: Pool) => p.window; const o = { window: 1 }`)).toEqual(
    [],
  )
  expect(uses(`function pool(window: number[]) { return window.length }`)).toEqual([])
  expect(uses(`const { window = [1] } = options; const n = window.length`)).toEqual([])
})

test('the assertion rule finds a double assertion', () => {
  const uses = (text: string): string[] => assertionViolations([readSourceFile('src/nn/a.ts', text)])
  expect(uses(`const a = 1\nconst b = a as unknown as string`)).toEqual([expect.stringContaining('src/nn/a.ts:2: ')])
  expect(uses(`const a = [1] as const`)).toEqual([])
})
