// Trees ("pytrees"): nested plain objects and arrays whose leaves are anything else. Transforms take and return trees;
// they flatten them to leaf lists, work on those, and rebuild the same structure.

import { ArgumentError } from './errors.ts'

/** `T` with every `From` leaf replaced by `To`; a mapped type, so that interfaces work as well as type aliases. */
export type MapTree<T, From, To> = T extends From
  ? To
  : T extends readonly unknown[]
    ? { [K in keyof T]: MapTree<T[K], From, To> }
    : T extends object
      ? { [K in keyof T]: MapTree<T[K], From, To> }
      : T

/** A tree's form without its leaves. */
export type TreeStructure =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'array'; readonly children: readonly TreeStructure[] }
  | { readonly kind: 'object'; readonly keys: readonly string[]; readonly children: readonly TreeStructure[] }

const LEAF: TreeStructure = { kind: 'leaf' }

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The leaves of a tree in a fixed order (object keys sorted), their paths, and the structure to rebuild it from. */
export function flattenTree(tree: unknown): { leaves: unknown[]; paths: string[]; structure: TreeStructure } {
  const leaves: unknown[] = []
  const paths: string[] = []
  const visit = (node: unknown, path: string): TreeStructure => {
    if (Array.isArray(node)) {
      return { kind: 'array', children: node.map((child: unknown, i) => visit(child, `${path}[${i}]`)) }
    }
    if (isPlainObject(node)) {
      const keys = Object.keys(node).sort()
      return {
        kind: 'object',
        keys,
        children: keys.map((key) => visit(node[key], path === '' ? key : `${path}.${key}`)),
      }
    }
    leaves.push(node)
    paths.push(path)
    return LEAF
  }
  const structure = visit(tree, '')
  return { leaves, paths, structure }
}

/** The tree of `structure` with `leaves`, in the order of `flattenTree`. */
export function unflattenTree(structure: TreeStructure, leaves: readonly unknown[]): unknown {
  let next = 0
  const build = (node: TreeStructure): unknown => {
    switch (node.kind) {
      case 'leaf':
        return leaves[next++]
      case 'array':
        return node.children.map(build)
      case 'object':
        return Object.fromEntries(node.keys.map((key, i) => [key, build(node.children[i]!)]))
    }
  }
  return build(structure)
}

/** A structure as text; equal texts mean equal structures, so it serves as a cache key. */
export function formatStructure(structure: TreeStructure): string {
  switch (structure.kind) {
    case 'leaf':
      return '*'
    case 'array':
      return `[${structure.children.map(formatStructure).join(',')}]`
    case 'object':
      return `{${structure.keys.map((key, i) => `${JSON.stringify(key)}:${formatStructure(structure.children[i]!)}`).join(',')}}`
  }
}

/** The tree with `visit` applied to each leaf. */
export function mapTree(tree: unknown, visit: (leaf: unknown, path: string) => unknown): unknown {
  const { leaves, paths, structure } = flattenTree(tree)
  return unflattenTree(
    structure,
    leaves.map((leaf, i) => visit(leaf, paths[i]!)),
  )
}

/**
 * Leaves of several trees of one structure, matched up.
 * @throws ArgumentError when the structures differ.
 */
export function zipTrees(
  operation: string,
  trees: readonly unknown[],
): { rows: unknown[][]; structure: TreeStructure } {
  const flat = trees.map(flattenTree)
  const first = flat[0]!
  const key = formatStructure(first.structure)
  for (const other of flat) {
    const otherKey = formatStructure(other.structure)
    if (otherKey !== key) {
      throw new ArgumentError(`${operation}: trees of different structure: ${key} and ${otherKey}`)
    }
  }
  return { rows: first.leaves.map((_, i) => flat.map((tree) => tree.leaves[i])), structure: first.structure }
}
