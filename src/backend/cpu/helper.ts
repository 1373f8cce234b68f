// What a helper thread of the CPU backend does (team.ts starts it). Its text is sent to the thread, so that it refers to nothing outside
// itself but types and what every thread has.

/** Where control words are. */
export interface ControlWords {
  /** What is worked on: an item of work and its next chunk. */
  readonly work: number
  /** Its finished chunks. */
  readonly done: number
  /** Whether a helper failed. */
  readonly failed: number
  /** Grows with every message and every run: what idle helpers wait on. */
  readonly signal: number
  /** How many messages were posted. */
  readonly messages: number
  /** Grows before and after a run is described: odd while it is written. */
  readonly run: number
  /** The run: its program, its binding, its first item, its rows. */
  readonly program: number
  readonly binding: number
  readonly first: number
  readonly rows: number
  /** The lowest bits of the word of work are the chunk, the others the item's number. */
  readonly chunkBits: number
}

/** A view of shared memory; `ringColumns` is not 0 for one that moves from run to run by that many float32. Without `data` it is an address. */
export interface SharedView {
  readonly data: ArrayBufferLike | null
  readonly dtype: string
  readonly offset: number
  readonly length: number
  readonly ringColumns: number
}

/** A kernel for helpers: its text, or its name in the module; the arguments that it takes of a row, and how its units are cut into chunks. */
export interface SharedKernel {
  readonly kind: 'wasm' | 'javascript'
  readonly text: string
  readonly args: readonly number[]
  readonly units: number
  readonly chunks: number
}

/** What a helper is told. */
export type HelperMessage =
  | { readonly kind: 'start'; readonly control: Int32Array; readonly words: ControlWords; readonly memory: WebAssembly.Memory | null } // prettier-ignore
  | { readonly kind: 'program'; readonly id: number; readonly kernels: readonly SharedKernel[]; readonly args: number; readonly module: WebAssembly.Module | null } // prettier-ignore
  /** Where this helper's scratch memory is from now on. */
  | { readonly kind: 'scratch'; readonly address: number }
  | { readonly kind: 'bind'; readonly id: number; readonly views: readonly (readonly SharedView[])[] }
  | { readonly kind: 'forget'; readonly id: number }
  /** Where the rows of a run are from now on: the ring's row and the arguments of each. */
  | { readonly kind: 'rows'; readonly values: Float64Array }

type Operands = readonly (ArrayBufferView | number)[]
type Kernel = (operands: Operands, args: readonly number[], from: number, to: number) => void
type Compiled = (arrays: Operands, args: readonly number[], scratch: (name: string, length: number) => Float64Array, from: number, to: number) => void // prettier-ignore

/** A run as it was read: for each row as many values as `width` says. */
interface Run {
  readonly kernels: readonly { readonly shared: SharedKernel; readonly run: Kernel }[]
  readonly views: readonly (readonly SharedView[])[]
  readonly first: number
  readonly rows: Float64Array
  readonly width: number
  readonly count: number
}

/** Listens for messages and, between them, waits for runs and helps with them; `importsOf` gives what modules of kernels import. */
export function serveHelper(
  listen: (handle: (message: HelperMessage) => void) => void,
  importsOf: (memory: WebAssembly.Memory) => WebAssembly.Imports,
): void {
  // looks at a word that another thread is about to change; some fractions of a millisecond, since to be woken takes as long
  const spins = 50_000
  const programs = new Map<number, { readonly args: number; readonly kernels: { readonly shared: SharedKernel; readonly run: Kernel }[] }>() // prettier-ignore
  const bindings = new Map<number, readonly (readonly SharedView[])[]>()
  const scratchArrays = new Map<string, Float64Array>()
  let control = new Int32Array(16)
  let words: ControlWords | null = null
  let values = new Float64Array(0)
  let memory: WebAssembly.Memory | null = null
  let scratchAt = 0
  let received = 0
  let lastRun = 0

  const scratch = (name: string, length: number): Float64Array => {
    let array = scratchArrays.get(name)
    if (array === undefined || array.length < length) scratchArrays.set(name, (array = new Float64Array(length)))
    return array
  }
  const compile = (text: string): Kernel => {
    const bits = new ArrayBuffer(4)
    const views = { float32: new Float32Array(bits), int32: new Int32Array(bits), uint32: new Uint32Array(bits) }
    const compiled = new Function('bits', text)(views) as Compiled
    return (operands, args, from, to) => compiled(operands, args, scratch, from, to)
  }
  const compileAll = (kernels: readonly SharedKernel[], module: WebAssembly.Module | null): Kernel[] => {
    const exported = module === null ? {} : new WebAssembly.Instance(module, importsOf(memory!)).exports
    return kernels.map(({ kind, text }) => {
      if (kind === 'javascript') return compile(text)
      const call = exported[text] as (...operands: unknown[]) => void
      return (operands, args, from, to) => call(...operands, ...args, scratchAt, from, to)
    })
  }
  const types: Record<string, new (data: ArrayBufferLike, offset: number, length: number) => ArrayBufferView> = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    uint32: Uint32Array,
    uint8: Uint8Array,
    bool: Uint8Array,
  }

  /** What run `run` is, or null if it is over: the next is being described. */
  const readRun = (at: ControlWords, run: number): Run | null => {
    const program = programs.get(Atomics.load(control, at.program))
    const views = bindings.get(Atomics.load(control, at.binding))
    const [first, count] = [Atomics.load(control, at.first), Atomics.load(control, at.rows)]
    if (program === undefined || views === undefined) return null
    const width = program.args + 1
    const rows = values.slice(0, width * count)
    return Atomics.load(control, at.run) === run ? { kernels: program.kernels, views, first, rows, width, count } : null
  }

  const help = (at: ControlWords, { kernels, views, first, rows, width, count }: Run): void => {
    const made = new Map<number, Operands>()
    const numbers = 2 ** (32 - at.chunkBits)
    const chunkMask = 2 ** at.chunkBits - 1
    let idle = 0
    for (;;) {
      const word = Atomics.load(control, at.work)
      const item = (((word >>> at.chunkBits) - first) % numbers + numbers) % numbers // prettier-ignore
      if (item >= count * kernels.length) return
      const { shared, run } = kernels[item % kernels.length]!
      const chunk = word & chunkMask
      if (chunk >= shared.chunks) {
        if (++idle > spins) Atomics.wait(control, at.work, word, 1)
        continue
      }
      if (Atomics.compareExchange(control, at.work, word, word + 1) !== word) continue
      idle = 0
      try {
        const row = width * Math.floor(item / kernels.length)
        let arrays = made.get(item)
        if (arrays === undefined) {
          arrays = views[item % kernels.length]!.map(({ data, dtype, offset, length, ringColumns }) => {
            const address = offset + rows[row]! * ringColumns * 4
            return data === null ? address : new types[dtype]!(data, address, length)
          })
          made.set(item, arrays)
        }
        const args = shared.args.map((position) => rows[row + 1 + position]!)
        const from = Math.floor((shared.units * chunk) / shared.chunks)
        const to = Math.floor((shared.units * (chunk + 1)) / shared.chunks)
        run(arrays, args, from, to)
      } catch {
        Atomics.store(control, at.failed, 1)
      }
      Atomics.add(control, at.done, 1)
    }
  }

  /** Helps with runs until a message has come. */
  const attend = (at: ControlWords): void => {
    let idle = 0
    for (;;) {
      const signal = Atomics.load(control, at.signal)
      const run = Atomics.load(control, at.run)
      if (Atomics.load(control, at.messages) !== received) return
      if (run !== lastRun && run % 2 === 0) {
        lastRun = run
        const described = readRun(at, run)
        if (described !== null) help(at, described)
        idle = 0
      } else if (++idle > spins) {
        Atomics.wait(control, at.signal, signal)
      }
    }
  }

  listen((message) => {
    received++
    switch (message.kind) {
      case 'start':
        control = message.control as Int32Array<ArrayBuffer>
        words = message.words
        memory = message.memory
        break
      case 'scratch':
        scratchAt = message.address
        break
      case 'program': {
        const calls = compileAll(message.kernels, message.module)
        programs.set(message.id, { args: message.args, kernels: message.kernels.map((shared, i) => ({ shared, run: calls[i]! })) }) // prettier-ignore
        break
      }
      case 'bind':
        bindings.set(message.id, message.views)
        break
      case 'rows':
        values = message.values as Float64Array<ArrayBuffer>
        break
      case 'forget':
        programs.delete(message.id)
        bindings.delete(message.id)
    }
    if (words !== null) attend(words)
  })
}
