// The threads of the CPU backend. The calling thread does the work; helpers take chunks of what it is at while they can, so that none is ever
// waited for but for a chunk that it has begun. Chunks are ranges of a kernel's units (rows, tiles), and give the same bits in any thread.

import { InternalError } from '../../core/errors.ts'
import { platform } from '#platform'
import type { Thread } from '../../platform/platform.ts'
import type { ArgumentRow } from '../backend.ts'
import { type ControlWords, type HelperMessage, serveHelper, type SharedKernel, type SharedView } from './helper.ts'
import { wasmImports } from './wasm/module.ts'

// the word of work has a line of the cache to itself
const WORDS: ControlWords = {
  work: 0,
  done: 16,
  failed: 17,
  signal: 32,
  messages: 33,
  run: 34,
  program: 35,
  binding: 36,
  first: 37,
  rows: 38,
  chunkBits: 11,
}
const CONTROL_BYTES = 192
const NUMBERS = 2 ** (32 - WORDS.chunkBits)
/** The chunk that stands for "none left". */
const NONE = 2 ** WORDS.chunkBits - 1

/** Helpers, and what they know. */
export interface Team {
  readonly helpers: number
  /** Tells all helpers of a program with so many arguments, or of the memory that its kernels work on; gives its id. */
  readonly program: (kernels: readonly SharedKernel[], args: number, module: WebAssembly.Module | null) => number
  readonly bind: (views: readonly (readonly SharedView[])[]) => number
  readonly forget: (id: number) => void
  /** Tells each helper where its scratch memory is from now on. */
  readonly scratch: (addresses: readonly number[]) => void
  /**
   * Runs every row's kernels in order: `work(kernel, row, from, to)` does a range of units in this thread while helpers do others.
   * @throws InternalError when a helper failed, and what `work` throws; the team is then of no more use.
   */
  readonly run: (
    program: number,
    binding: number,
    kernels: readonly SharedKernel[],
    rows: readonly ArgumentRow[],
    work: (kernel: number, row: ArgumentRow, from: number, to: number) => void,
  ) => void
  readonly stop: () => void
}

/** So many helpers, or null where threads cannot be had; they reach the memory that kernels of WebAssembly work on. */
export function startTeam(helpers: number, memory: WebAssembly.Memory | null): Team | null {
  // some bundlers wrap functions in calls of `__name`, which stays behind here
  const script = `const __name = (named) => named; (${serveHelper.toString()})(listen, ${wasmImports.toString()})`
  const threads: Thread[] = []
  for (let i = 0; i < helpers; i++) {
    const thread = platform.startThread(script)
    if (thread === null) break
    threads.push(thread)
  }
  if (threads.length === 0) return null
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
  const wake = (): void => {
    Atomics.add(control, WORDS.signal, 1)
    Atomics.notify(control, WORDS.signal)
  }
  const tellEach = (messages: readonly HelperMessage[]): void => {
    // counted before it is sent: a helper that has received more than were counted would wait for another
    Atomics.add(control, WORDS.messages, 1)
    threads.forEach((thread, i) => thread.post(messages[i]))
    wake()
  }
  const tell = (message: HelperMessage): void => tellEach(threads.map(() => message))
  let values: Float64Array = new Float64Array(0)
  /** Describes a run to the helpers: without a message, which would find them after it is over. */
  const describe = (program: number, binding: number, first: number, rows: readonly ArgumentRow[]): void => {
    const width = rows.length === 0 ? 0 : rows[0]!.values.length + 1
    if (values.length < width * rows.length) {
      values = new Float64Array(new SharedArrayBuffer(16 * width * rows.length))
      tell({ kind: 'rows', values })
    }
    Atomics.add(control, WORDS.run, 1)
    Atomics.store(control, WORDS.program, program)
    Atomics.store(control, WORDS.binding, binding)
    Atomics.store(control, WORDS.first, first)
    Atomics.store(control, WORDS.rows, rows.length)
    rows.forEach(({ values: args, ringRow }, i) => values.set([ringRow, ...args], width * i))
    Atomics.add(control, WORDS.run, 1)
    wake()
  }
  Atomics.store(control, WORDS.work, NONE)
  tell({ kind: 'start', control, words: WORDS, memory })
  let nextId = 1
  let number = 0

  /** All chunks of one item, some of them by helpers. */
  const share = (chunks: number, work: (chunk: number) => void): void => {
    Atomics.store(control, WORDS.done, 0)
    Atomics.store(control, WORDS.work, number << WORDS.chunkBits)
    Atomics.notify(control, WORDS.work)
    for (;;) {
      const chunk = Atomics.add(control, WORDS.work, 1) & NONE
      if (chunk >= chunks) break
      work(chunk)
      Atomics.add(control, WORDS.done, 1)
    }
    while (Atomics.load(control, WORDS.done) < chunks); // a chunk that a helper has begun
    if (Atomics.load(control, WORDS.failed) !== 0) throw new InternalError('a helper thread failed in a kernel')
  }

  return {
    helpers: threads.length,
    scratch: (addresses) => tellEach(addresses.map((address) => ({ kind: 'scratch', address }))),
    program: (kernels, args, module) => {
      tell({ kind: 'program', id: nextId, kernels, args, module })
      return nextId++
    },
    bind: (views) => {
      tell({ kind: 'bind', id: nextId, views })
      return nextId++
    },
    forget: (id) => {
      tell({ kind: 'forget', id })
    },
    run: (program, binding, kernels, rows, work) => {
      describe(program, binding, number, rows)
      for (const row of rows) {
        kernels.forEach(({ units, chunks }, i) => {
          const range = (chunk: number): void =>
            work(i, row, Math.floor((units * chunk) / chunks), Math.floor((units * (chunk + 1)) / chunks))
          if (chunks > 1) share(chunks, range)
          else range(0)
          number = (number + 1) % NUMBERS
        })
      }
      // helpers that are still looking for work of this run find that it is over, those that are early for the next that it has not begun
      Atomics.store(control, WORDS.work, (number << WORDS.chunkBits) | NONE)
      Atomics.notify(control, WORDS.work)
    },
    stop: () => {
      threads.forEach((thread) => thread.stop())
    },
  }
}
