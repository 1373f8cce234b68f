// The instructions of WebAssembly that kernels are written with: what follows their code, and their code.

/** What stands in the text after the name of an instruction, before its operands. */
export type Immediate = 'none' | 'memory' | 'lane' | 'memory lane' | 'bytes'

/** An instruction. */
export interface Opcode {
  readonly code: readonly number[]
  readonly immediate: Immediate
  /** The power of two at which accesses are usually aligned: a hint. */
  readonly align: number
}

const OPCODES = new Map<string, Opcode>()

const unsigned = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])

function add(immediate: Immediate, prefix: readonly number[], entries: string, align = 0): void {
  for (const entry of entries.trim().split(/\s+/)) {
    const [name, code] = entry.split('=') as [string, string]
    const value = Number.parseInt(code, 16)
    const bytes = prefix.length === 0 ? [value] : [...prefix, ...unsigned(value)]
    OPCODES.set(name, { code: bytes, immediate, align })
  }
}

const SATURATING = [0xfc]
const SIMD = [0xfd]

add('none', [], 'unreachable=00 return=0f drop=1a select=1b')
add('memory', [], 'i32.load8_u=2d i32.store8=3a')
add('memory', [], 'i32.load=28 f32.load=2a i32.store=36 f32.store=38', 2)
add('none', [], 'i32.eqz=45 i32.eq=46 i32.ne=47 i32.lt_s=48 i32.lt_u=49 i32.gt_s=4a i32.gt_u=4b i32.le_s=4c i32.le_u=4d i32.ge_s=4e i32.ge_u=4f') // prettier-ignore
add('none', [], 'f32.eq=5b f32.ne=5c f32.lt=5d f32.gt=5e f32.le=5f f32.ge=60')
add('none', [], 'i32.add=6a i32.sub=6b i32.mul=6c i32.div_s=6d i32.div_u=6e i32.rem_s=6f i32.rem_u=70 i32.and=71 i32.or=72 i32.xor=73 i32.shl=74 i32.shr_s=75 i32.shr_u=76') // prettier-ignore
add('none', [], 'f32.abs=8b f32.neg=8c f32.ceil=8d f32.floor=8e f32.trunc=8f f32.nearest=90 f32.sqrt=91 f32.add=92 f32.sub=93 f32.mul=94 f32.div=95 f32.min=96 f32.max=97') // prettier-ignore
add('none', [], 'f64.add=a0 f64.mul=a2 f32.convert_i32_s=b2 f32.convert_i32_u=b3 f32.demote_f64=b6 f64.promote_f32=bb i32.reinterpret_f32=bc f32.reinterpret_i32=be') // prettier-ignore
add('none', SATURATING, 'i32.trunc_sat_f32_s=00 i32.trunc_sat_f32_u=01')
add('memory', SIMD, 'v128.load=00 v128.store=0b', 4)
add('memory', SIMD, 'v128.load32_splat=09 v128.load32_zero=5c', 2)
add('memory lane', SIMD, 'v128.load32_lane=56 v128.store32_lane=5a', 2)
add('memory lane', SIMD, 'v128.load8_lane=54 v128.store8_lane=58')
add('bytes', SIMD, 'i8x16.shuffle=0d')
add('none', SIMD, 'i32x4.splat=11 f32x4.splat=13')
add('lane', SIMD, 'i32x4.extract_lane=1b i32x4.replace_lane=1c f32x4.extract_lane=1f f32x4.replace_lane=20 f64x2.extract_lane=21') // prettier-ignore
add('none', SIMD, 'i32x4.eq=37 i32x4.ne=38 i32x4.lt_s=39 i32x4.lt_u=3a i32x4.gt_s=3b i32x4.gt_u=3c i32x4.le_s=3d i32x4.le_u=3e i32x4.ge_s=3f i32x4.ge_u=40') // prettier-ignore
add('none', SIMD, 'f32x4.eq=41 f32x4.ne=42 f32x4.lt=43 f32x4.gt=44 f32x4.le=45 f32x4.ge=46')
add('none', SIMD, 'v128.not=4d v128.and=4e v128.andnot=4f v128.or=50 v128.xor=51 v128.bitselect=52')
add('none', SIMD, 'f32x4.demote_f64x2_zero=5e f64x2.promote_low_f32x4=5f f32x4.ceil=67 f32x4.floor=68 f32x4.trunc=69 f32x4.nearest=6a') // prettier-ignore
add('none', SIMD, 'i16x8.extend_low_i8x16_u=89 i32x4.extend_low_i16x8_u=a9')
add('none', SIMD, 'i32x4.abs=a0 i32x4.neg=a1 i32x4.shl=ab i32x4.shr_s=ac i32x4.shr_u=ad i32x4.add=ae i32x4.sub=b1 i32x4.mul=b5 i32x4.min_s=b6 i32x4.min_u=b7 i32x4.max_s=b8 i32x4.max_u=b9') // prettier-ignore
add('none', SIMD, 'f32x4.abs=e0 f32x4.neg=e1 f32x4.sqrt=e3 f32x4.add=e4 f32x4.sub=e5 f32x4.mul=e6 f32x4.div=e7 f32x4.min=e8 f32x4.max=e9') // prettier-ignore
add('none', SIMD, 'f64x2.add=f0 f64x2.mul=f2')
add(
  'none',
  SIMD,
  'i32x4.trunc_sat_f32x4_s=f8 i32x4.trunc_sat_f32x4_u=f9 f32x4.convert_i32x4_s=fa f32x4.convert_i32x4_u=fb',
)
add('none', SIMD, 'f32x4.relaxed_madd=105')

/** The instruction of this name, or undefined. */
export function opcodeOf(name: string): Opcode | undefined {
  return OPCODES.get(name)
}
