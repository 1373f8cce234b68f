// Trees: flattening is in a fixed order, and rebuilding gives the same tree back.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { flattenTree, formatStructure, mapTree, unflattenTree, zipTrees } from '../../src/core/tree.ts'

const trees = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'tree' },
    fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.string().filter((key) => key !== '__proto__'), tie('tree'), { maxKeys: 4, noNullPrototype: true }), // prettier-ignore
  ),
})).tree

describe('trees', () => {
  test('come back from their leaves and structure', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const { leaves, paths, structure } = flattenTree(tree)
        expect(unflattenTree(structure, leaves)).toEqual(tree)
        expect(paths).toHaveLength(leaves.length)
      }),
    )
  })

  test('list their leaves in the order of sorted keys, whatever the order of insertion', () => {
    expect(flattenTree({ b: 1, a: [2, { d: 3, c: 4 }] })).toMatchObject({
      leaves: [2, 4, 3, 1],
      paths: ['a[0]', 'a[1].c', 'a[1].d', 'b'],
    })
    expect(flattenTree({ a: 1, b: 2 }).leaves).toEqual(flattenTree({ b: 2, a: 1 }).leaves)
  })

  test('treat instances of classes and typed arrays as leaves', () => {
    const date = new Date(0)
    const bytes = new Uint8Array(3)
    expect(flattenTree([date, bytes]).leaves).toEqual([date, bytes])
  })

  test('have equal structure texts only for equal structures', () => {
    const text = (tree: unknown): string => formatStructure(flattenTree(tree).structure)
    expect(text({ a: [1, 2] })).toBe(text({ a: ['x', null] }))
    expect(new Set([{ a: 1 }, { b: 1 }, [1], [[1]], 1, {}, [], { 'a:*': 1 }, { a: { b: 1 } }].map(text)).size).toBe(9)
  })

  test('map leaf by leaf with paths', () => {
    expect(mapTree({ w: [1, 2] }, (leaf, path) => `${path}=${String(leaf)}`)).toEqual({ w: ['w[0]=1', 'w[1]=2'] })
  })

  test('zip by position, and refuse other structures by naming both', () => {
    expect(zipTrees('update', [{ a: 1 }, { a: 2 }]).rows).toEqual([[1, 2]])
    expect(() => zipTrees('update', [{ a: 1 }, { b: 2 }])).toThrow(ArgumentError)
    expect(() => zipTrees('update', [{ a: 1 }, { b: 2 }])).toThrow(/update: .*"a".*"b"/)
  })
})
