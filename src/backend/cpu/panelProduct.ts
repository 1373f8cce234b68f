// Products of packed panels in WebAssembly SIMD: the inner loop of the CPU's float32 contractions, written out here as a module of a few
// hundred bytes over a memory that holds nothing but panels and sums. Where the engine has relaxed SIMD a product is added without
// being rounded first, if the processor can do that: faster, and other bits than without.

const TYPE = { i32: 0x7f, v128: 0x7b } as const

// The tile and its operands need 14 of a processor's 16 registers, and engines spill what does not fit. For the same reason its loop is
// not unrolled: they would load all that it reads before they use any of it.

/** Rows of the tile that is kept in registers. */
export const TILE_ROWS = 4
/** Columns of that tile. */
export const TILE_COLUMNS = 8
const VECTORS = TILE_COLUMNS / 4

/** Copies and multiplies panels: for each tile of columns, its elements term by term. Offsets are in bytes, from the start of the memory. */
export interface PanelProduct {
  /** The whole memory, grown to at least so many floats; views that were given before may be detached. */
  readonly reserve: (floats: number) => Float32Array
  /** The same memory as integers. */
  readonly integers: () => Int32Array
  /**
   * Rows `a` times panels `b` of 8 columns, in rows of `stride` bytes at `c`, added to what is there if `adds` is 1. An element of `a` is `row` from
   * that of the next row, `term` from the next in the sum, and `tile` from that four rows on. None of the counts is 0.
   */
  readonly run: (
    a: number,
    row: number,
    term: number,
    tile: number,
    b: number,
    c: number,
    tiles: number,
    panels: number,
    terms: number,
    stride: number,
    adds: number,
  ) => void
  /** Panels of 4 or 8 at `to` from what lies side by side at `from`, each term `term` bytes after the last. */
  readonly pack4: Pack
  readonly pack8: Pack
  /** Panels of 8 at `to` from columns that lie `column` bytes apart at `from`, with their terms side by side. */
  readonly turn8: Pack
  /** To `to` and on, one behind the other, `count` runs of `vectors` times 4 floats, each from the float of `from` that is at `table`; zeros where that is negative. */
  readonly runs: (table: number, count: number, vectors: number, from: number, to: number) => void
}

type Pack = (from: number, distance: number, to: number, panels: number, terms: number) => void

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
  let integers = new Int32Array(memory.buffer)
  return {
    integers: () => integers,
    reserve: (count) => {
      const missing = count * 4 - memory.buffer.byteLength
      if (missing > 0) {
        memory.grow(Math.ceil(missing / 65536))
        floats = new Float32Array(memory.buffer)
        integers = new Int32Array(memory.buffer)
      }
      return floats
    },
    ...(functions as Omit<PanelProduct, 'reserve' | 'integers'>),
  }
}

// the parameters and locals of the product, and of what packs
const [A, ROW, TERM, TILE, B, C, TILES, PANELS, TERMS, STRIDE, ADDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const [TILES_LEFT, TERMS_LEFT, TILE_A, TERM_B, TILE_C, ROW_C, POINTERS] = [11, 12, 13, 14, 15, 16, 17]
const [VALUE, COLUMNS] = [POINTERS + TILE_ROWS, POINTERS + TILE_ROWS + 1]
const [FROM, DISTANCE, TO, PACK_PANELS, PACK_TERMS] = [0, 1, 2, 3, 4]
const [PANEL_FROM, PACK_LEFT, PACK_POINTERS] = [5, 6, 7]
const [TABLE, RUNS_LEFT, RUN_VECTORS, RUN_FROM, RUN_TO, RUN, RUN_LEFT] = [0, 1, 2, 3, 4, 5, 6]

const unsigned = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])
const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const i32 = (value: number): number[] => [0x41, ...signed(value)]
const simd = (code: number): number[] => [0xfd, ...unsigned(code)]
const loadInteger = (offset: number): number[] => [0x28, 2, ...unsigned(offset)]
const storeInteger = (offset: number): number[] => [0x36, 2, ...unsigned(offset)]
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
const ELSE = [0x05]
const LESS = [0x48]
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
  const rows = range(TILE_ROWS)
  return [
    ...vectors.flatMap((q) => [...get(TERM_B), ...load(16 * q), ...set(COLUMNS + q)]),
    ...rows.flatMap((row) => [
      ...get(POINTERS + row),
      ...splat(0),
      ...set(VALUE),
      ...vectors.flatMap((q) => {
        const factors = [...get(VALUE), ...get(COLUMNS + q)]
        const sum = sumOf(row, q)
        return fused
          ? [...factors, ...get(sum), ...MULTIPLY_ADD_VECTORS, ...set(sum)]
          : [...factors, ...MULTIPLY_VECTORS, ...get(sum), ...ADD_VECTORS, ...set(sum)]
      }),
    ]),
    ...rows.flatMap((row) => advance(POINTERS + row, get(TERM))),
    ...advance(TERM_B, i32(4 * TILE_COLUMNS)),
  ]
}

function productBytes(fused: boolean): number[] {
  const vectors = range(VECTORS)
  const rows = range(TILE_ROWS)
  const sums = rows.flatMap((row) => vectors.map((q) => sumOf(row, q)))
  const eachSum = (write: (sum: number, offset: number) => number[]): number[] => [
    ...get(TILE_C),
    ...set(ROW_C),
    ...rows.flatMap((row) => [...vectors.flatMap((q) => write(sumOf(row, q), 16 * q)), ...advance(ROW_C, get(STRIDE))]),
  ]
  const tile = [
    ...sums.flatMap((sum) => [...ZERO, ...set(sum)]),
    ...rows.flatMap((row) => [...get(TILE_A), ...get(ROW), ...i32(row), ...MULTIPLY, ...ADD, ...set(POINTERS + row)]),
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
    ...advance(TILE_A, get(TILE)),
  ]
  return [
    ...repeat(PANELS, [
      ...get(A),
      ...set(TILE_A),
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

/** For every panel: `begin`, then `term` as often as there are terms; then `FROM` is `next` further on. */
const packBytes = (begin: readonly number[], term: readonly number[], next: readonly number[]): number[] => [
  ...repeat(PACK_PANELS, [
    ...begin,
    ...get(PACK_TERMS),
    ...set(PACK_LEFT),
    ...repeat(PACK_LEFT, term),
    ...advance(FROM, next),
  ]),
  ...END,
]

const sideBySide = (width: number): number[] =>
  packBytes(
    [...get(FROM), ...set(PANEL_FROM)],
    [
      ...range(width / 4).flatMap((q) => [...get(TO), ...get(PANEL_FROM), ...load(16 * q), ...store(16 * q)]),
      ...advance(PANEL_FROM, get(DISTANCE)),
      ...advance(TO, i32(4 * width)),
    ],
    i32(4 * width),
  )

function turned(width: number): number[] {
  const columns = range(width)
  return packBytes(
    columns.flatMap((column) => [
      ...get(FROM),
      ...get(DISTANCE),
      ...i32(column),
      ...MULTIPLY,
      ...ADD,
      ...set(PACK_POINTERS + column),
    ]),
    [
      ...columns.flatMap((column) => [
        ...get(TO),
        ...get(PACK_POINTERS + column),
        ...loadInteger(0),
        ...storeInteger(4 * column),
        ...advance(PACK_POINTERS + column, i32(4)),
      ]),
      ...advance(TO, i32(4 * width)),
    ],
    [...get(DISTANCE), ...i32(width), ...MULTIPLY],
  )
}

function runsBytes(): number[] {
  const vectors = (body: readonly number[]): number[] => [
    ...get(RUN_VECTORS),
    ...set(RUN_LEFT),
    ...repeat(RUN_LEFT, [...body, ...advance(RUN_TO, i32(16))]),
  ]
  return [
    ...repeat(RUNS_LEFT, [
      ...get(TABLE),
      ...loadInteger(0),
      ...set(RUN),
      ...get(RUN),
      ...i32(0),
      ...LESS,
      ...IF,
      ...vectors([...get(RUN_TO), ...ZERO, ...store(0)]),
      ...ELSE,
      ...get(RUN_FROM),
      ...get(RUN),
      ...i32(4),
      ...MULTIPLY,
      ...ADD,
      ...set(RUN),
      ...vectors([...get(RUN_TO), ...get(RUN), ...load(0), ...store(0), ...advance(RUN, i32(16))]),
      ...END,
      ...advance(TABLE, i32(4)),
    ]),
    ...END,
  ]
}

function moduleBytes(fused: boolean): Uint8Array<ArrayBuffer> {
  const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]
  const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes]
  const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)]
  const name = (text: string): number[] => sized(Array.from(text, (letter) => letter.charCodeAt(0)))
  const parameters = (count: number): number[] => [0x60, ...list(range(count).map(() => [TYPE.i32])), 0]
  const locals = (integers: number, vectors: number): number[] =>
    list([
      [...unsigned(integers), TYPE.i32],
      [...unsigned(vectors), TYPE.v128],
    ])
  const packLocals = locals(PACK_POINTERS + TILE_COLUMNS - PANEL_FROM, 0)
  const functions = [
    { called: 'run', type: 0, body: [...locals(VALUE - TILES_LEFT, VECTOR_LOCALS), ...productBytes(fused)] },
    { called: 'pack4', type: 1, body: [...packLocals, ...sideBySide(TILE_ROWS)] },
    { called: 'pack8', type: 1, body: [...packLocals, ...sideBySide(TILE_COLUMNS)] },
    { called: 'turn8', type: 1, body: [...packLocals, ...turned(TILE_COLUMNS)] },
    { called: 'runs', type: 1, body: [...locals(RUN_LEFT - RUN_TO, 0), ...runsBytes()] },
  ]
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  return Uint8Array.from([
    ...header,
    ...section(1, list([parameters(ADDS + 1), parameters(PACK_TERMS + 1)])),
    ...section(2, list([[...name('env'), ...name('memory'), 2, 0, 1]])),
    ...section(3, list(functions.map(({ type }) => [type]))),
    ...section(7, list(functions.map(({ called }, i) => [...name(called), 0, i]))),
    ...section(10, list(functions.map(({ body }) => sized(body)))),
  ])
}
