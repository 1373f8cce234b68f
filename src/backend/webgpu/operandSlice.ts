// One operand's slice of a contraction tile: which elements each invocation of a workgroup loads, and where in workgroup memory it puts
// them. Vectors run along the axis or, where memory runs along k, along k: then blocks of 4x4 are turned in registers, so that
// workgroup memory is written a vector at a time in either case.

import type { SharedTile } from '../../../shaders/sharedContraction.ts'
import { plus, times } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import type { Emitter } from '../emit.ts'
import { consecutive } from './consecutive.ts'
import { adjacent } from './contractionOperands.ts'

/** The lane variable of the emitter that slices are written to. */
export const LANE: Variable = variable('lane', 4)

/** One operand of a contraction with the part of a tile that it fills. */
export interface OperandSlice {
  readonly operand: Scalar
  /** The output axis that it has, and the summed one. */
  readonly axis: Variable
  readonly k: Variable
  /** Begins all its names. */
  readonly prefix: 'l' | 'r'
  /** The name of the tile's number along the axis. */
  readonly tileName: string
  /** Positions of the tile along the axis. */
  readonly extent: number
  /** Its first vector in `tile`. */
  readonly base: number
}

/** A slice with every invocation's positions decided. */
export interface SlicePlan extends OperandSlice {
  readonly tile: SharedTile
  /** Whether it is loaded in blocks of four positions by four k. */
  readonly blocks: boolean
  /** Invocations that take part. */
  readonly active: number
  /** Statements that name the positions. */
  readonly before: readonly string[]
  /** The positions' names: variables of the operand's expression. */
  readonly positions: readonly Variable[]
  /** What an invocation loads of every slice, turn by turn: four positions, the name of their quad in the tile and that of the step in the slice. */
  readonly turns: readonly { readonly four: readonly Scalar[]; readonly quad: string; readonly inner: string }[]
}

/** Decides who loads what. */
export function planSlice(slice: OperandSlice, tile: SharedTile): SlicePlan {
  const { operand, axis, k, prefix, tileName, extent } = slice
  const { depth, workgroup } = tile
  const quads = extent / 4
  const whole = axis.extent % 4 === 0
  const alongAxis = whole && adjacent(operand, axis)
  const blocks = !alongAxis && adjacent(operand, k)
  // where nothing is adjacent, neighbours load what is next to each other, if anything is
  const alongK = !blocks && !alongAxis && !consecutive(operand, axis) && consecutive(operand, k)
  const units = quads * (blocks ? depth / 4 : depth)
  const active = Math.min(workgroup, units)
  const edge = axis.extent % extent !== 0
  const before = [`let ${prefix}e = thread % ${active};`]
  const positions: Variable[] = []

  const quadPositions = (id: string, quad: string): readonly Scalar[] => {
    const names = whole ? [variable(id, axis.extent / 4)] : [0, 1, 2, 3].map((c) => variable(`${id}_${c}`, axis.extent))
    names.forEach(({ name, extent: length }, c) => {
      const raw = `${tileName} * ${whole ? quads : extent} + ${whole ? quad : `${quad} * 4 + ${c}`}`
      before.push(`let ${name} = ${edge ? `min(${raw}, ${length - 1})` : raw};`)
    })
    positions.push(...names)
    return whole ? [0, 1, 2, 3].map((c) => plus(times(names[0]!, 4), c)) : names
  }
  const turns: { four: readonly Scalar[]; quad: string; inner: string }[] = []
  for (let i = 0; i < units / active; i++) {
    const unit = i === 0 ? `${prefix}e` : `(${prefix}e + ${i * active})`
    // in blocks two k come first, 32 bytes of a row, and then the rows, so that writes of neighbours fall into different banks
    const quad = blocks ? `(${unit} >> 1u) % ${quads}` : alongK ? `${unit} / ${depth}` : `${unit} % ${quads}`
    const inner = blocks ? `(${unit} & 1) + 2 * (${unit} / ${quads * 2})` : alongK ? `${unit} % ${depth}` : `${unit} / ${quads}` // prettier-ignore
    const own = { quad: `${prefix}q${i}`, inner: `${prefix}d${i}` }
    before.push(`let ${own.quad} = ${quad};`, `let ${own.inner} = ${inner};`)
    // only along k do an invocation's turns differ in position
    const known = alongK ? undefined : turns[0]?.four
    turns.push({ ...own, four: known ?? quadPositions(`${prefix}p${i}`, own.quad) })
  }
  return { ...slice, tile, blocks, active, before, positions, turns }
}

/** Writes the plan: what is loaded goes to vectors declared by `vectors`, from which `writes` put it into the tile. */
export function writeSlice(
  plan: SlicePlan,
  emitter: Emitter,
): { readonly vectors: readonly string[]; readonly loads: readonly string[]; readonly writes: readonly string[] } {
  const { operand, axis, k, prefix, base, tile, blocks, active, extent } = plan
  const { depth, workgroup } = tile
  const steps = blocks ? k.extent / 4 : k.extent
  const tail = k.extent % depth !== 0
  const at = (position: Scalar, step: Scalar): Scalar =>
    substituteVariables(operand, new Map<Variable, Scalar>([[axis, position], [k, step]])) // prettier-ignore
  const vectors: string[] = []
  const loads: string[] = []
  const writes: string[] = []
  plan.turns.forEach(({ four, quad, inner }, i) => {
    const over = variable(`${prefix}k${i}`, steps)
    const first = `slice${blocks ? ' / 4' : ''} + ${inner}`
    loads.push(`let ${over.name} = ${tail ? `min(${first}, ${steps - 1})` : first};`)
    const values: string[] = []
    const body = emitter.within([{ variable: over, name: over.name }], () => {
      if (blocks) values.push(...four.map((position) => emitter.vector(at(position, plus(times(over, 4), LANE)))))
      else if (axis.extent % 4 === 0) values.push(emitter.vector(at(plus(four[0]!, LANE), over)))
      else values.push(`vec4<f32>(${four.map((position) => emitter.value(at(position, over))).join(', ')})`)
    })
    loads.push(...body)
    const names = values.map((value, c) => {
      const name = `${prefix}v${i}_${c}`
      vectors.push(`var ${name}: vec4<f32>;`)
      loads.push(`${name} = ${tail ? `select(vec4<f32>(), ${value}, ${first} < ${steps})` : value};`)
      return name
    })
    const place = (step: string): string => `tile[${base} + (${step}) * ${extent / 4} + ${quad}]`
    if (!blocks) writes.push(`${place(inner)} = ${names[0]};`)
    else {
      ;['x', 'y', 'z', 'w'].forEach((component, step) => {
        const turned = names.map((name) => `${name}.${component}`).join(', ')
        writes.push(`${place(`${inner} * 4 + ${step}`)} = vec4<f32>(${turned});`)
      })
    }
  })
  if (active === workgroup) return { vectors, loads, writes }
  // the operands are loaded by different ends of a workgroup that has invocations to spare
  const ours = prefix === 'l' ? `thread < ${active}` : `thread >= ${workgroup - active}`
  return { vectors, loads: [`if (${ours}) {`, ...loads, '}'], writes: [`if (${ours}) {`, ...writes, '}'] }
}
