// What a helper thread of the CPU backend does (team.ts starts it). Its text is sent to the thread, so that it refers to nothing outside
// itself but types and what every thread has.

/** Where control words are: what is worked on (an item of work and its next chunk), finished chunks, whether a helper failed. */
export interface ControlWords {
  readonly work: number
  readonly done: number
  readonly failed: number
  /** The lowest bits of the word of work are the chunk, the others the item's number. */
  readonly chunkBits: number
}

/** A view of shared memory; `ringColumns` is not 0 for one that moves from run to run by that many float32. */
export interface SharedView {
  readonly data: ArrayBufferLike
  readonly dtype: string
  readonly offset: number
  readonly length: number
  readonly ringColumns: number
}

/** A kernel for helpers: its text, the arguments that it takes of a row, and how its units are cut into chunks. */
export interface SharedKernel {
  readonly text: string
  readonly args: readonly number[]
  readonly units: number
  readonly chunks: number
}

/** What a helper is told. */
export type HelperMessage =
  | { readonly kind: 'start'; readonly control: Int32Array; readonly words: ControlWords; readonly module: WebAssembly.Module | null } // prettier-ignore
  | { readonly kind: 'program'; readonly id: number; readonly kernels: readonly SharedKernel[] }
  | { readonly kind: 'bind'; readonly id: number; readonly views: readonly (readonly SharedView[])[] }
  | { readonly kind: 'forget'; readonly id: number }
  /** The items of work from number `first` on: every row's kernels. */
  | { readonly kind: 'run'; readonly program: number; readonly binding: number; readonly first: number; readonly rows: readonly { readonly values: readonly number[]; readonly ringRow: number }[] } // prettier-ignore

type Arrays = readonly ArrayBufferView[]
type Kernel = (arrays: Arrays, args: readonly number[], scratch: (name: string, length: number) => Float64Array, product: unknown, from: number, to: number) => void // prettier-ignore

/** Listens for work and helps with it; `productOf` makes what kernels multiply panels with. */
export function serveHelper(
  listen: (handle: (message: HelperMessage) => void) => void,
  productOf: (module: WebAssembly.Module) => unknown,
): void {
  const spins = 20_000
  const programs = new Map<number, { readonly shared: SharedKernel; readonly run: Kernel }[]>()
  const bindings = new Map<number, readonly (readonly SharedView[])[]>()
  const scratchArrays = new Map<string, Float64Array>()
  let control = new Int32Array(4)
  let words: ControlWords = { work: 0, done: 1, failed: 2, chunkBits: 11 }
  let product: unknown = null

  const scratch = (name: string, length: number): Float64Array => {
    let array = scratchArrays.get(name)
    if (array === undefined || array.length < length) scratchArrays.set(name, (array = new Float64Array(length)))
    return array
  }
  const compile = (text: string): Kernel => {
    const bits = new ArrayBuffer(4)
    const views = { float32: new Float32Array(bits), int32: new Int32Array(bits), uint32: new Uint32Array(bits) }
    return new Function('bits', text)(views) as Kernel
  }
  const types: Record<string, new (data: ArrayBufferLike, offset: number, length: number) => ArrayBufferView> = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    uint32: Uint32Array,
    uint8: Uint8Array,
    bool: Uint8Array,
  }

  const help = ({ program, binding, first, rows }: Extract<HelperMessage, { kind: 'run' }>): void => {
    const kernels = programs.get(program)!
    const views = bindings.get(binding)!
    const made = new Map<number, Arrays>()
    const numbers = 2 ** (32 - words.chunkBits)
    const chunkMask = 2 ** words.chunkBits - 1
    let idle = 0
    for (;;) {
      const word = Atomics.load(control, words.work)
      const item = (((word >>> words.chunkBits) - first) % numbers + numbers) % numbers // prettier-ignore
      if (item >= rows.length * kernels.length) return
      const { shared, run } = kernels[item % kernels.length]!
      const chunk = word & chunkMask
      if (chunk >= shared.chunks) {
        if (++idle > spins) Atomics.wait(control, words.work, word, 1)
        continue
      }
      if (Atomics.compareExchange(control, words.work, word, word + 1) !== word) continue
      idle = 0
      try {
        const row = rows[Math.floor(item / kernels.length)]!
        let arrays = made.get(item)
        if (arrays === undefined) {
          arrays = views[item % kernels.length]!.map(
            ({ data, dtype, offset, length, ringColumns }) =>
              new types[dtype]!(data, offset + row.ringRow * ringColumns * 4, length),
          )
          made.set(item, arrays)
        }
        const args = shared.args.map((position) => row.values[position]!)
        const from = Math.floor((shared.units * chunk) / shared.chunks)
        const to = Math.floor((shared.units * (chunk + 1)) / shared.chunks)
        run(arrays, args, scratch, product, from, to)
      } catch {
        Atomics.store(control, words.failed, 1)
      }
      Atomics.add(control, words.done, 1)
    }
  }

  listen((message) => {
    switch (message.kind) {
      case 'start':
        control = message.control as Int32Array<ArrayBuffer>
        words = message.words
        product = message.module === null ? null : productOf(message.module)
        return
      case 'program':
        programs.set(message.id, message.kernels.map((shared) => ({ shared, run: compile(shared.text) }))) // prettier-ignore
        return
      case 'bind':
        bindings.set(message.id, message.views)
        return
      case 'forget':
        programs.delete(message.id)
        bindings.delete(message.id)
        return
      case 'run':
        help(message)
    }
  })
}
