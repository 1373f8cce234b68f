// The rules of DESIGN.md section 3 as data and functions: parsed files in, violations out, each one line of text with
// the file, the line and the rule.

import { posix } from 'node:path'
import type { SourceFile } from './sourceFile.ts'

const LIMIT = 400

/** Who may import whom. A folder may always import itself; `backend/webgpu` is part of `backend`. */
const MAY_IMPORT = importTable()

function importTable(): Record<string, readonly string[]> {
  const base = ['ir', 'core']
  const derivatives = ['primitives', 'ops', 'trace', ...base]
  const models = ['random', 'ops', 'autodiff', 'control', ...base]
  const files = ['random', 'ops', 'trace', 'runtime', 'platform', ...base]
  const table: Record<string, readonly string[]> = {
    core: [],
    platform: ['core'],
    ir: ['core'],
    primitives: base,
    ops: ['primitives', ...base],
    trace: base,
    autodiff: derivatives,
    control: ['autodiff', ...derivatives],
    compiler: base,
    shaders: [],
    backend: ['compiler', 'platform', ...base],
    'backend/webgpu': ['compiler', 'platform', 'shaders', ...base],
    runtime: ['backend', 'compiler', 'trace', 'platform', ...base],
    random: ['ops', 'primitives', ...base],
    nn: models,
    optim: models,
    metrics: models,
    data: files,
    io: files,
  }
  // These may import everything above them.
  for (const top of ['debug', 'train', 'fluent', 'index', 'node', 'cli']) table[top] = Object.keys(table)
  return table
}

/** The imports that the table forbids, and the packages that only one place may import. */
export function importViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ name, line }) => {
      const problem = importProblem(file.path, name)
      return problem === undefined ? [] : [`${file.path}:${line}: ${problem}`]
    }),
  )
}

function importProblem(path: string, specifier: string): string | undefined {
  const from = folderOf(path)
  const allowed = MAY_IMPORT[from]
  if (!allowed) return `the folder "${from}" is not in the import table (DESIGN.md section 3)`
  if (specifier !== '#platform' && !specifier.startsWith('.')) return packageProblem(path, from, specifier)
  const to = specifier === '#platform' ? 'platform' : folderOf(resolve(path, specifier))
  if (topFolder(to) === topFolder(from) || allowed.includes(topFolder(to))) return undefined
  return `${from} may not import ${to} ("${specifier}"; DESIGN.md section 3)`
}

function packageProblem(path: string, from: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) {
    return from === 'platform' || from === 'cli' ? undefined : `only platform and cli may import "${specifier}"`
  }
  if (specifier.startsWith('wgsl-preprocessor')) {
    return path === 'shaders/wgsl.ts' ? undefined : `only shaders/wgsl.ts may import "${specifier}"`
  }
  return from === 'platform' && specifier === 'webgpu' ? undefined : `the package "${specifier}" may not be imported`
}

/** Import cycles between files; a type-only import counts. */
export function cycleViolations(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const trail: string[] = []
  const found: string[] = []
  const visit = (path: string): void => {
    if (trail.includes(path)) {
      found.push(`${path}:1: import cycle ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`)
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const { name } of byPath.get(path)?.imports ?? []) targets(path, name).forEach(visit)
    trail.pop()
    done.add(path)
  }
  files.forEach((file) => visit(file.path))
  return found
}

/** Files over the limit of lines. */
export function lengthViolations(files: readonly { path: string; lines: number }[]): string[] {
  return files
    .filter(({ lines }) => lines > LIMIT)
    .map(
      ({ path, lines }) => `${path}:${lines}: the file has ${lines} lines, ${LIMIT} is the limit: split it by meaning`,
    )
}

/** Exported declarations without TSDoc directly above them. */
export function documentationViolations(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap(({ path, undocumentedExports }) =>
      undocumentedExports.map(
        ({ name, line }) => `${path}:${line}: the export "${name}" has no TSDoc directly above it`,
      ),
    )
}

/** Uses of `document` and `window` outside platform and cli: the library runs in Workers and in Node. */
export function pageViolations(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !['platform', 'cli'].includes(folderOf(path)))
    .flatMap(({ path, pageGlobals }) =>
      pageGlobals.map(({ name, line }) => `${path}:${line}: the library touches no page, but this line uses "${name}"`),
    )
}

/** Uses of `as unknown as`. */
export function assertionViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, doubleAssertions }) =>
    doubleAssertions.map(
      (line) => `${path}:${line}: \`as unknown as\` hides what the type is: declare the type, or narrow it`,
    ),
  )
}

/** `src/nn/dense.ts` -> `nn`, `src/index.ts` -> `index`, `shaders/wgsl.ts` -> `shaders`. */
function folderOf(path: string): string {
  const [root, name = ''] = path.split('/')
  if (root !== 'src') return root ?? ''
  return path.startsWith('src/backend/webgpu/') ? 'backend/webgpu' : name.replace(/\.ts$/, '')
}

function topFolder(folder: string): string {
  return folder.split('/')[0] ?? folder
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier)
}

function targets(path: string, specifier: string): string[] {
  if (specifier === '#platform') return ['src/platform/node.ts', 'src/platform/browser.ts']
  return specifier.startsWith('.') ? [resolve(path, specifier)] : []
}
