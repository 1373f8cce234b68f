// Products of packed panels in WebAssembly SIMD: the inner loop of the CPU's float32 contractions, written out here as a module of a few
// hundred bytes over a memory that holds nothing but panels and sums. Where the engine has relaxed SIMD a product is added without
// being rounded first, if the processor can do that: twice as fast, and other bits than without.

const TYPE = { i32: 0x7f, v128: 0x7b } as const

// The tile and its operands need 14 of a processor's 16 registers, and engines spill what does not fit. For the same reason its loop is
// not unrolled: they would load all that it reads before they use any of it.

/** Rows of the tile that is kept in registers. */
export const TILE_ROWS = 4
/** Columns of that tile. */
export const TILE_COLUMNS = 8
const VECTORS = TILE_COLUMNS / 4

/** Multiplies panels. Offsets are in bytes, from the start of the memory. */
export interface PanelProduct {
  /** The whole memory, grown to at least so many floats; views that were given before may be detached. */
  readonly reserve: (floats: number) => Float32Array
  /**
   * Panels `a` (for each tile of 4 rows: 4 elements for each of `terms`) times panels `b` (for each tile of 8 columns: 8 elements for each term)
   * in rows of `stride` bytes at `c`, added to what is there if `adds` is 1. None of the counts is 0.
   */
  readonly run: (
    a: number,
    b: number,
    c: number,
    tiles: number,
    panels: number,
    terms: number,
    stride: number,
    adds: number,
  ) => void
}

/** A module for `panelProductOf`, or null where there is no WebAssembly, none with SIMD, or none allowed. */
export function compilePanelProduct(): WebAssembly.Module | null {
  if (typeof WebAssembly === 'undefined') return null
  const bytes = [moduleBytes(true), moduleBytes(false)].find((module) => WebAssembly.validate(module))
  if (bytes === undefined) return null
  try {
    return new WebAssembly.Module(bytes)
  } catch {
    return null // a content security policy may forbid it
  }
}

/** A memory with its functions. Its text is sent to helper threads too: it refers to nothing outside itself but types. */
export function panelProductOf(module: WebAssembly.Module): PanelProduct {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const functions: unknown = new WebAssembly.Instance(module, { env: { memory } }).exports
  let floats = new Float32Array(memory.buffer)
  return {
    reserve: (count) => {
      const missing = count * 4 - memory.buffer.byteLength
      if (missing > 0) {
        memory.grow(Math.ceil(missing / 65536))
        floats = new Float32Array(memory.buffer)
      }
      return floats
    },
    run: (functions as Pick<PanelProduct, 'run'>).run,
  }
}

// the parameters and locals of the function
const [A, B, C, TILES, PANELS, TERMS, STRIDE, ADDS] = [0, 1, 2, 3, 4, 5, 6, 7]
const [TILES_LEFT, TERMS_LEFT, TERM_A, TERM_B, TILE_C, ROW_C] = [8, 9, 10, 11, 12, 13]
const [ROW, COLUMNS] = [14, 15]
const INTEGERS = 6

const unsigned = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])
const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const i32 = (value: number): number[] => [0x41, ...signed(value)]
const simd = (code: number): number[] => [0xfd, ...unsigned(code)]
const load = (offset: number): number[] => [...simd(0x00), 0, ...unsigned(offset)]
const splat = (offset: number): number[] => [...simd(0x09), 0, ...unsigned(offset)]
const store = (offset: number): number[] => [...simd(0x0b), 0, ...unsigned(offset)]
const ZERO = [...simd(0x0c), ...Array.from({ length: 16 }, () => 0)]
const ADD_VECTORS = simd(0xe4)
const MULTIPLY_VECTORS = simd(0xe6)
/** `x * y + z`, rounded once or twice, as the processor does it faster. */
const MULTIPLY_ADD_VECTORS = simd(0x105)
const ADD = [0x6a]
const MULTIPLY = [0x6c]
const LOOP = [0x03, 0x40]
const IF = [0x04, 0x40]
const END = [0x0b]
const BRANCH_IF = [0x0d, 0]

function signed(value: number): number[] {
  const done = value >= -64 && value < 64
  return done ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]
}

/** `local += by`. */
const advance = (local: number, by: readonly number[]): number[] => [...get(local), ...by, ...ADD, ...set(local)]

/** Runs `body` as often as `counter`, which counts down to 0, says: at least once. */
const repeat = (counter: number, body: readonly number[]): number[] => [
  ...LOOP,
  ...body,
  ...get(counter),
  ...i32(-1),
  ...ADD,
  ...set(counter),
  ...get(counter),
  ...BRANCH_IF,
  ...END,
]

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

/** The local of a sum of the tile: behind those of the row's value and of the columns. */
const sumOf = (row: number, vector: number): number => COLUMNS + (row + 1) * VECTORS + vector
const VECTOR_LOCALS = 1 + (TILE_ROWS + 1) * VECTORS

/** The products of one term of the sum, after which the pointers are at the next. */
function termBytes(fused: boolean): number[] {
  const vectors = range(VECTORS)
  return [
    ...vectors.flatMap((q) => [...get(TERM_B), ...load(16 * q), ...set(COLUMNS + q)]),
    ...range(TILE_ROWS).flatMap((row) => [
      ...get(TERM_A),
      ...splat(4 * row),
      ...set(ROW),
      ...vectors.flatMap((q) => {
        const factors = [...get(ROW), ...get(COLUMNS + q)]
        const sum = sumOf(row, q)
        return fused
          ? [...factors, ...get(sum), ...MULTIPLY_ADD_VECTORS, ...set(sum)]
          : [...factors, ...MULTIPLY_VECTORS, ...get(sum), ...ADD_VECTORS, ...set(sum)]
      }),
    ]),
    ...advance(TERM_A, i32(4 * TILE_ROWS)),
    ...advance(TERM_B, i32(4 * TILE_COLUMNS)),
  ]
}

function bodyBytes(fused: boolean): number[] {
  const vectors = range(VECTORS)
  const sums = range(TILE_ROWS).flatMap((row) => vectors.map((q) => sumOf(row, q)))
  const eachSum = (write: (sum: number, offset: number) => number[]): number[] => [
    ...get(TILE_C),
    ...set(ROW_C),
    ...range(TILE_ROWS).flatMap((row) => [
      ...vectors.flatMap((q) => write(sumOf(row, q), 16 * q)),
      ...advance(ROW_C, get(STRIDE)),
    ]),
  ]
  const tile = [
    ...sums.flatMap((sum) => [...ZERO, ...set(sum)]),
    ...get(B),
    ...set(TERM_B),
    ...get(TERMS),
    ...set(TERMS_LEFT),
    ...repeat(TERMS_LEFT, termBytes(fused)),
    ...get(ADDS),
    ...IF,
    ...eachSum((sum, offset) => [...get(ROW_C), ...load(offset), ...get(sum), ...ADD_VECTORS, ...set(sum)]),
    ...END,
    ...eachSum((sum, offset) => [...get(ROW_C), ...get(sum), ...store(offset)]),
    ...advance(TILE_C, [...get(STRIDE), ...i32(TILE_ROWS), ...MULTIPLY]),
  ]
  return [
    ...repeat(PANELS, [
      ...get(A),
      ...set(TERM_A),
      ...get(C),
      ...set(TILE_C),
      ...get(TILES),
      ...set(TILES_LEFT),
      ...repeat(TILES_LEFT, tile),
      ...get(TERM_B),
      ...set(B),
      ...advance(C, i32(4 * TILE_COLUMNS)),
    ]),
    ...END,
  ]
}

function moduleBytes(fused: boolean): Uint8Array<ArrayBuffer> {
  const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]
  const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes]
  const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)]
  const name = (text: string): number[] => sized(Array.from(text, (letter) => letter.charCodeAt(0)))
  const parameters = range(8).map(() => [TYPE.i32])
  const locals = list([
    [...unsigned(INTEGERS), TYPE.i32],
    [...unsigned(VECTOR_LOCALS), TYPE.v128],
  ])
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  return Uint8Array.from([
    ...header,
    ...section(1, list([[0x60, ...list(parameters), 0]])), // one type: eight integers to nothing
    ...section(2, list([[...name('env'), ...name('memory'), 2, 0, 1]])),
    ...section(3, list([[0]])),
    ...section(7, list([[...name('run'), 0, 0]])),
    ...section(10, list([sized([...locals, ...bodyBytes(fused)])])),
  ])
}
