// One source file's text in, what the architecture rules look at out: what it imports (type-only imports included), which
// of its exports have no TSDoc, where it touches the page's globals and where it overrules the type checker.

import { parseSync } from 'vite'

/** Something at a line of a file; lines count from 1. */
export interface AtLine {
  readonly name: string
  readonly line: number
}

/** What the rules of `architecture.ts` need to know about a source file. */
export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly imports: readonly AtLine[]
  readonly undocumentedExports: readonly AtLine[]
  readonly pageGlobals: readonly AtLine[]
  /** Lines with `as unknown as`: it would say anything about any value. */
  readonly doubleAssertions: readonly number[]
}

/** A node of the syntax tree, as far as this file looks into it: a type, and properties by name. */
type Node = { readonly type: string; readonly start: number; readonly [property: string]: unknown }

const PAGE_GLOBALS = new Set(['document', 'window'])

/** Parses a TypeScript source file; throws where its syntax is wrong. */
export function readSourceFile(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  const body: Node[] = program.body.flatMap((statement) => asNode(statement) ?? [])
  const lineOf = (start: number): number => text.slice(0, start).split('\n').length
  const documented = new Set(
    comments
      .filter((comment) => comment.type === 'Block' && comment.value.startsWith('*'))
      .map((comment) => comment.end + (text.slice(comment.end).match(/^\s*/)?.[0].length ?? 0)),
  )

  const imports: AtLine[] = []
  const references: AtLine[] = []
  const doubleAssertions: number[] = []
  const bound = new Set<string>()
  for (const { node, parent, property } of descendants(body)) {
    const line = lineOf(node.start)
    const source = asNode(node['source'])
    if (typeof source?.['value'] === 'string') imports.push({ name: source['value'], line })
    const isKey = (property === 'key' || property === 'property') && parent?.['computed'] !== true
    if (node.type === 'Identifier' && !isKey && PAGE_GLOBALS.has(String(node['name']))) {
      references.push({ name: String(node['name']), line })
    }
    if (node.type === 'MemberExpression' && asNode(node['object'])?.['name'] === 'globalThis') {
      const name = String(asNode(node['property'])?.['name'])
      if (PAGE_GLOBALS.has(name)) references.push({ name: `globalThis.${name}`, line })
    }
    if (node.type === 'TSAsExpression' && asNode(node['expression'])?.type === 'TSAsExpression')
      doubleAssertions.push(line)
    for (const pattern of bindingPatterns(node)) for (const name of boundNames(pattern)) bound.add(name)
  }
  return {
    path,
    lines: text.replace(/\n$/, '').split('\n').length,
    imports,
    undocumentedExports: exportedDeclarations(body)
      .filter(({ start }) => !documented.has(start))
      .map(({ name, start }) => ({ name, line: lineOf(start) })),
    // A parameter or variable of that name is no global: the windows of a pooling are called `window`, too.
    pageGlobals: references.filter(({ name }) => !bound.has(name)),
    doubleAssertions,
  }
}

/** Every export that declares something, with where its TSDoc has to end; of a function's overloads, the first. */
function exportedDeclarations(body: readonly Node[]): { name: string; start: number }[] {
  const found = new Map<string, number>()
  const add = (name: string, start: number): void => {
    if (!found.has(name)) found.set(name, start)
  }
  for (const statement of body) {
    const declaration = asNode(statement['declaration'])
    if (statement.type === 'ExportDefaultDeclaration') add('default', statement.start)
    if (statement.type !== 'ExportNamedDeclaration' || statement['source']) continue
    for (const name of declaration ? declaredNames(declaration) : []) add(name, statement.start)
    for (const specifier of asNodes(statement['specifiers'])) {
      const local = String(asNode(specifier['local'])?.['name'])
      const declared = body.find((other) => declaredNames(other).includes(local))
      if (declared) add(local, declared.start)
    }
  }
  return [...found].map(([name, start]) => ({ name, start }))
}

/** The names that a declaration declares; none for an import or any other statement. */
function declaredNames(declaration: Node): string[] {
  if (declaration.type === 'VariableDeclaration') {
    return asNodes(declaration['declarations']).flatMap((declarator) => boundNames(asNode(declarator['id'])))
  }
  return /Declaration$|^TSDeclareFunction$/.test(declaration.type) ? boundNames(asNode(declaration['id'])) : []
}

/** The patterns through which a node gives names to values: a variable, the parameters of a function, a caught error. */
function bindingPatterns(node: Node): Node[] {
  const patterns = [...asNodes(node['params']), asNode(node['param'])]
  if (node.type === 'VariableDeclarator') patterns.push(asNode(node['id']))
  if (/^Import.*Specifier$/.test(node.type)) patterns.push(asNode(node['local']))
  return patterns.filter((pattern) => pattern !== undefined)
}

function boundNames(pattern: Node | undefined): string[] {
  if (pattern === undefined) return []
  if (pattern.type === 'Identifier') return [String(pattern['name'])]
  const inner = ['left', 'argument', 'value'].map((property) => asNode(pattern[property]))
  return [...inner, ...asNodes(pattern['elements']), ...asNodes(pattern['properties'])].flatMap(boundNames)
}

function* descendants(
  nodes: readonly Node[],
  parent?: Node,
  property?: string,
): Generator<{ node: Node; parent: Node | undefined; property: string | undefined }> {
  for (const node of nodes) {
    yield { node, parent, property }
    for (const [name, value] of Object.entries(node)) yield* descendants(asNodes(value), node, name)
  }
}

function asNodes(value: unknown): Node[] {
  return (Array.isArray(value) ? value : [value]).flatMap((element) => asNode(element) ?? [])
}

function asNode(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
