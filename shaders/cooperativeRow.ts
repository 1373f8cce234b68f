// How the invocations of a workgroup combine what each of them has: through `partials`, in two levels and always in the same order, so
// that results repeat bit for bit. Layout: one word per invocation, then one per block of as many invocations as there are blocks.
// Two barriers: the next exchange writes words that nobody reads any more.

import { wgsl } from './wgsl.ts'

/** Blocks of a workgroup, and invocations of a block. */
export const blocksOf = (workgroup: number): number => Math.sqrt(workgroup)

/** Bytes of workgroup memory of all exchanges of a module: words of values, and of the indices of extremes. */
export function exchangeBytes(workgroup: number): number {
  return (2 * workgroup + blocksOf(workgroup)) * 4
}

/** The module-level arrays. */
export function exchangeDeclarations(workgroup: number): string {
  return wgsl`
var<workgroup> partials: array<u32, ${workgroup + blocksOf(workgroup)}>;
var<workgroup> partial_indices: array<i32, ${workgroup}>;
`
}

/** A loop, at the given names, that combines words of `partials`, from `first` on, into `result`. */
export type CombineWords = (result: string, first: string, count: number) => readonly string[]

/** Combines the word `own` of every invocation; all of them know `result` afterwards. */
export function exchange(
  workgroup: number,
  own: string,
  block: string,
  result: string,
  combine: CombineWords,
  wordOf: (value: string) => string,
): string {
  const blocks = blocksOf(workgroup)
  return wgsl`
partials[thread] = ${wordOf(own)};
workgroupBarrier();
${combine(block, `(thread % ${blocks}) * ${blocks}`, blocks).join('\n')}
if (thread < ${blocks}) { partials[${workgroup} + thread] = ${wordOf(block)}; }
workgroupBarrier();
${combine(result, String(workgroup), blocks).join('\n')}
`
}

/** As `exchange`, for the place of an extreme: `combine` gives the invocation that has it, which knows its index. */
export function exchangeIndex(
  workgroup: number,
  own: string,
  index: string,
  winner: string,
  result: string,
  combine: CombineWords,
  wordOf: (value: string) => string,
): string {
  return wgsl`
partials[thread] = ${wordOf(own)};
partial_indices[thread] = ${index};
workgroupBarrier();
${combine(winner, '0', workgroup).join('\n')}
let ${result} = partial_indices[${winner}];
workgroupBarrier();
`
}

/** A loop whose turns are shared out: `name` runs over `extent`, neighbours taking neighbouring turns. */
export function sharedLoop(name: string, extent: number, workgroup: number, body: readonly string[]): string[] {
  return [`for (var ${name}: i32 = thread; ${name} < ${extent}; ${name} += ${workgroup}) {`, ...body, '}']
}
