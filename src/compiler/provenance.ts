// Which nodes of the graph a kernel computes: everything between what it loads and what it stores.

import type { Tensor } from '../ir/tensor.ts'
import { type Kernel, storesOf } from './kernel.ts'
import { kernelReads } from './schedule.ts'

/** The applications that a kernel evaluates, each after its inputs. What it loads belongs to the kernel that stored it. */
export function nodesOf(kernel: Kernel): Tensor[] {
  const targets = storesOf(kernel).map(({ target }) => target)
  const own = new Set(targets)
  const loaded = new Set([...kernelReads(kernel)].filter((tensor) => !own.has(tensor)))
  const nodes: Tensor[] = []
  const seen = new Set<Tensor>()
  const stack: { readonly tensor: Tensor; readonly done: boolean }[] = targets.map((tensor) => ({
    tensor,
    done: false,
  }))
  while (stack.length > 0) {
    const { tensor, done } = stack.pop()!
    const { source } = tensor
    if (done) nodes.push(tensor)
    if (done || source.kind !== 'apply' || loaded.has(tensor) || seen.has(tensor)) continue
    seen.add(tensor)
    stack.push({ tensor, done: true }, ...source.inputs.map((input) => ({ tensor: input, done: false })))
  }
  return nodes
}
