// Seed -> program. Operations are drawn from the table; the float64 reference of the program so far tells which of them would
// leave the range of numbers in which float32 and float64 can be compared, and those are dropped or scaled down.

import type { DType } from '../../src/core/dtype.ts'
import { isFloating } from '../../src/core/dtype.ts'
import { sameShape, type Shape, sizeOf } from '../../src/core/shape.ts'
import { parameter, type ReferenceArray, type Tensor } from '../../src/ir/tensor.ts'
import { evaluateReference } from '../conformance/reference.ts'
import { FAMILIES, TOTAL_WEIGHT } from './operations/table.ts'
import { call, type Choice, type Entry, MOST_ELEMENTS, type Pool } from './pool.ts'
import { evaluateCall, type FuzzProgram, floatLeaves, isOperation, type Range, usesOf, type Value } from './program.ts'
import { type Random, randomOf } from './random.ts'
import { inputValues } from './values.ts'

const FEWEST = 5
const MOST = 40
const MOST_INPUTS = 12
/** Values beyond this are scaled down; those far beyond it are dropped. */
const LARGE = 4
const FAR = 1e4

/** What programs are wanted. */
export interface GenerateOptions {
  /** The most operations. Default 40. */
  readonly operations?: number
}

/** The program of a seed. */
export function generateProgram(seed: string, { operations: most = MOST }: GenerateOptions = {}): FuzzProgram {
  const random = randomOf(`program ${seed}`)
  const draft = createDraft(seed, random)
  const fewest = Math.min(FEWEST, most)
  const target = fewest + Math.floor((most - fewest + 1) * random.unit() ** 1.5)
  for (let count = random.of([1, 2, 2, 3]); count > 0; count--) draft.start()
  if (random.chance(0.4)) draft.argument()
  for (let made = 0, tries = 0; made < target && tries < 10 * MOST; tries++) {
    const choice = drawOperation(random)(draft.pool)
    if (choice !== null && draft.add(choice)) made++
  }
  return draft.finish()
}

function drawOperation(random: Random): (typeof FAMILIES)[number]['operations'][number] {
  let left = random.unit() * TOTAL_WEIGHT
  const family = FAMILIES.find(({ weight }) => (left -= weight) < 0) ?? FAMILIES[0]!
  return random.of(family.operations)
}

interface Draft {
  readonly pool: Pool
  readonly start: () => void
  readonly argument: () => void
  /** Adds a call unless it fails, is too large or leaves the range. */
  readonly add: (choice: Choice) => boolean
  readonly finish: () => FuzzProgram
}

const namesOf = (argument: unknown): string[] => {
  if (Array.isArray(argument)) return argument.flatMap(namesOf)
  if (typeof argument !== 'object' || argument === null || !('name' in argument) || !('args' in argument)) return []
  return [String(argument.name), ...namesOf(argument.args)]
}

function createDraft(seed: string, random: Random): Draft {
  const values: Value[] = []
  const entries: Entry[] = []
  const tensors: Tensor[] = []
  const bindings = new Map<Tensor, ReferenceArray>()
  const carried = new Set<number>()
  const used = new Set<number>()
  const preferred = Array.from({ length: 3 }, () => random.of([1, 2, 3, 3, 4, 4, 5, 5, 7, 8, 11, 13, 16, 17]))
  if (random.chance(0.02)) preferred[0] = 0
  const extent = (): number => (random.chance(0.85) ? random.of(preferred) : random.of([1, 2, 3, 5, 7, 9]))

  const leaf = (kind: 'input' | 'argument', shape: Shape, dtype: DType, range: Range, exact: boolean): Entry => {
    const use = values.length
    const aval = { shape, dtype }
    values.push({ kind, aval, range })
    const entry: Entry = { use, shape, dtype, exact }
    entries.push(entry)
    const tensor = parameter(aval, `x${use}`)
    tensors.push(tensor)
    bindings.set(tensor, { ...aval, data: Float64Array.from(inputValues({ aval, range }, `${seed} ${use} call 0`)) })
    return entry
  }

  const pick: Pool['pick'] = (test) => {
    const found = entries.filter(test)
    if (found.length === 0) return null
    // values that nothing uses yet and later ones more often, so that programs hang together and grow deep
    const unused = found.filter(({ use }) => !used.has(use))
    if (unused.length > 0 && random.chance(0.5)) return random.of(unused)
    return random.chance(0.5) ? found[found.length - 1 - Math.floor(random.unit() ** 2 * found.length)]! : random.of(found) // prettier-ignore
  }

  const input: Pool['input'] = (shape, dtype, range) => {
    const known = entries.filter((entry) => values[entry.use]!.kind === 'input' && entry.dtype === dtype && sameShape(entry.shape, shape)) // prettier-ignore
    const full = values.filter(({ kind }) => kind === 'input').length >= MOST_INPUTS
    if (known.length > 0 && (full || random.chance(0.5))) return random.of(known)
    return leaf('input', shape, dtype, range, true)
  }

  const record = (choice: Choice): boolean => {
    const tensor = evaluateCall(choice.call, (use) => tensors[use]!)
    if (tensor.size > MOST_ELEMENTS || tensor.rank > 5 || tensor.dtype === 'float64') return false
    const [value] = evaluateReference([tensor], bindings)
    const greatest = greatestOf(value!)
    if (!(greatest < FAR) && isFloating(tensor.dtype)) return false
    bindings.set(tensor, value!)
    tensors.push(tensor)
    const use = values.length
    usesOf(choice.call).forEach((operand) => used.add(operand))
    values.push({ kind: 'call', aval: tensor.aval, call: choice.call })
    entries.push({ use, shape: tensor.shape, dtype: tensor.dtype, exact: choice.exact })
    if (greatest > LARGE && isFloating(tensor.dtype))
      return record({ call: call('mul', { use }, Number((2 / greatest).toPrecision(2))), exact: false })
    return true
  }

  return {
    pool: { random, pick, input, extent },
    start: () => {
      const rank = random.of([0, 1, 1, 2, 2, 2, 3, 3, 4])
      let shape = Array.from({ length: rank }, extent)
      while (sizeOf(shape) > MOST_ELEMENTS / 2) shape = shape.slice(1)
      const isState = random.chance(0.4)
      const entry = leaf('input', shape, 'float32', random.chance(0.2) ? { kind: 'positive' } : { kind: 'real' }, !isState) // prettier-ignore
      if (isState) carried.add(entry.use)
    },
    argument: () => {
      leaf('argument', [], 'float32', { kind: 'real' }, true)
    },
    add: (choice) => {
      if (!namesOf(choice.call).every(isOperation)) return false
      try {
        return record(choice)
      } catch (error) {
        // operations check their operands; a choice that they refuse is no program
        if (error instanceof Error && /^(Shape|DType|Argument)Error$/.test(error.name)) return false
        throw error
      }
    },
    finish: () => {
      const calls = values.flatMap(({ kind }, i) => (kind === 'call' ? [i] : []))
      const state = new Map<number, number>()
      for (const value of carried) {
        const { shape, dtype } = entries[value]!
        const next = entries.filter((entry) => values[entry.use]!.kind === 'call' && entry.dtype === dtype && sameShape(entry.shape, shape)) // prettier-ignore
        if (next.length === 0) continue
        record({ call: call('tanh', { use: random.of(next).use }), exact: false })
        state.set(values.length - 1, value)
      }
      const last = calls.at(-1) ?? 0
      const chosen = new Set<number>([last, ...state.keys()])
      const ends = calls.filter((value) => !used.has(value))
      for (const list of [ends, ends, ends, ends, calls])
        if (list.length > 0 && random.chance(0.7)) chosen.add(random.of(list))
      const outputs = random.shuffled([...chosen])
      return {
        seed,
        values,
        outputs,
        state: outputs.map((output) => state.get(output) ?? null),
        gradient: gradientOf(random, values, calls),
        donate: random.chance(0.7),
        arena: random.chance(0.4),
        steps: state.size > 0 && random.chance(0.3) ? 2 : 1,
      }
    },
  }
}

function gradientOf(random: Random, values: readonly Value[], calls: readonly number[]): FuzzProgram['gradient'] {
  const floats = calls.filter((value) => isFloating(values[value]!.aval.dtype))
  const leaves = floatLeaves({ values })
  if (floats.length === 0 || leaves.length === 0 || random.chance(0.35)) return null
  const of = [floats.at(-1)!, ...(random.chance(0.4) ? [random.of(floats)] : [])]
  const by = random.chance(0.5) ? leaves : random.shuffled(leaves).slice(0, 1 + random.below(3))
  return { of: [...new Set(of)], squared: random.chance(0.5), by, second: values.length < 25 && random.chance(0.15) }
}

function greatestOf({ data }: ReferenceArray): number {
  let greatest = 0
  for (const value of data) {
    if (!Number.isFinite(value)) return Infinity
    greatest = Math.max(greatest, Math.abs(value))
  }
  return greatest
}
