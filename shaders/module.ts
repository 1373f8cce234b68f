// A dispatch as a WGSL module: bindings with typed access, one function per kernel, and an entry point that gives every kernel
// its range of workgroups, or lets every workgroup walk through all kernels. Bounds are kept by each kernel function, which returns
// for identities past its count.

import { wgsl } from './wgsl.ts'

/** A storage buffer that a dispatch binds. */
export interface BufferBinding {
  readonly name: string
  readonly binding: number
  /** `f32`, `i32` or `u32`. */
  readonly element: string
  readonly writable: boolean
  /** Declared as vec4 elements, because some kernel loads or stores four at a time. */
  readonly wide: boolean
  /** Elements that are used of it, if that is known: a multiple of 4. A fixed length makes the bounds checks of drivers cheaper. */
  readonly length: number | null
}

/** A kernel function and how many invocations it needs. */
export interface KernelFunction {
  readonly name: string
  readonly source: string
  readonly invocations: number
  /** Whether its invocations work together: it gets whole workgroups and may use barriers. */
  readonly cooperative: boolean
  /** Whether it broadcasts within quads of invocations. */
  readonly quads: boolean
}

/** Workgroups along x; more go to y, since 65,535 is the limit per dimension. */
export const GROUPS_PER_ROW = 32768

function bindingText({ name, binding, element, writable, wide, length }: BufferBinding): string {
  const type = wide ? `vec4<${element}>` : element
  const sized = length === null ? type : `${type}, ${wide ? length / 4 : length}`
  return wgsl`
@group(0) @binding(${binding}) var<storage, ${writable ? 'read_write' : 'read'}> ${name}: array<${sized}>;
#if ${wide}
fn ${name}_at(i: i32) -> ${element} { return ${name}[i >> 2u][i & 3]; }
fn ${name}_four(quad: i32) -> vec4<${element}> { return ${name}[quad]; }
#else
fn ${name}_at(i: i32) -> ${element} { return ${name}[i]; }
#endif
#if ${writable && wide}
fn ${name}_set(i: i32, value: ${element}) { ${name}[i >> 2u][i & 3] = value; }
fn ${name}_set_four(quad: i32, value: vec4<${element}>) { ${name}[quad] = value; }
#elif ${writable}
fn ${name}_set(i: i32, value: ${element}) { ${name}[i] = value; }
#endif
`
}

/** Workgroups that a kernel needs. */
function groupsOf(kernel: KernelFunction, workgroupSize: number): number {
  return Math.ceil(kernel.invocations / workgroupSize)
}

/** How the invocations of a dispatch are given to its kernels. */
export type Share =
  /** Every kernel has workgroups of its own. */
  | { readonly kind: 'ranges' }
  /**
   * So many workgroups go through all kernels, one kernel after the other. A CPU that runs every kernel's straight-line code for every workgroup
   * then does so for a few workgroups only.
   */
  | { readonly kind: 'walk'; readonly groups: number }

/** Workgroups that a dispatch needs. */
export function dispatchGroups(kernels: readonly KernelFunction[], workgroupSize: number, share: Share): number {
  if (share.kind === 'walk') return share.groups
  return kernels.reduce((total, kernel) => total + groupsOf(kernel, workgroupSize), 0)
}

function rangeCalls(kernels: readonly KernelFunction[], workgroupSize: number): string[] {
  let first = 0
  return kernels.map((kernel, i) => {
    const start = first
    first += groupsOf(kernel, workgroupSize)
    const argument = kernel.cooperative ? `group - ${start}, thread` : `(group - ${start}) * ${workgroupSize} + thread`
    const call = `${kernel.name}(${argument});`
    if (kernels.length === 1) return `  ${call}`
    if (i === kernels.length - 1) return `  else { ${call} }`
    return `  ${i === 0 ? 'if' : 'else if'} (group < ${first}) { ${call} }`
  })
}

function walkCalls(kernels: readonly KernelFunction[], workgroupSize: number, groups: number): string[] {
  const stride = workgroupSize * groups
  return kernels.map(
    ({ name, invocations }) =>
      `  for (var id = group * ${workgroupSize} + thread; id < ${invocations}; id += ${stride}) { ${name}(id); }`,
  )
}

/** The module of a dispatch. `argumentVectors` is the length of the argument row in vec4s; its first one holds inf, -inf, nan and the ring row. */
export function moduleText(
  bindings: readonly BufferBinding[],
  kernels: readonly KernelFunction[],
  workgroupSize: number,
  share: Share,
  argumentVectors: number,
  declarations: readonly string[],
): string {
  const calls =
    share.kind === 'walk' ? walkCalls(kernels, workgroupSize, share.groups) : rangeCalls(kernels, workgroupSize)
  // whole quads return early or none of their invocations does, which the uniformity analysis cannot see
  const directives = kernels.some((kernel) => kernel.quads)
    ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);'
    : ''
  return wgsl`
${directives}
@group(0) @binding(0) var<uniform> args: array<vec4<u32>, ${argumentVectors}>;
${bindings.map(bindingText).join('\n')}
fn floor_div(x: i32, by: i32) -> i32 { return (x - (((x % by) + by) % by)) / by; }
fn floor_mod(x: i32, by: i32) -> i32 { return ((x % by) + by) % by; }
fn floor_div4(x: vec4<i32>, by: i32) -> vec4<i32> { return (x - (((x % by) + by) % by)) / by; }
fn floor_mod4(x: vec4<i32>, by: i32) -> vec4<i32> { return ((x % by) + by) % by; }
${declarations.join('\n')}
${kernels.map((kernel) => kernel.source).join('\n')}
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let group = i32(workgroup.x + workgroup.y * ${GROUPS_PER_ROW}u);
  let thread = i32(index);
${calls.join('\n')}
}
`
}
