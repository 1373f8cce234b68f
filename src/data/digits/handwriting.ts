// One handwritten digit: a style and a random stream enter, strokes in pixels leave. The order is that of a hand and of
// MNIST's own preparation: shape (blend, jitter), curve (spline), hand (warp, slant, rotation, pen), fit into 20x20
// pixels.

import type { RandomStream } from './random.ts'
import { SIDE, type Strokes } from './rasterise.ts'
import { PEN_WIDTHS, type Style, STYLES } from './skeletons.ts'

/** MNIST fits a digit into a box of this side, in pixels. */
const BOX = 20
/** The empty pixels around that box. */
export const MARGIN = (SIDE - BOX) / 2

// The spreads of a hand; lengths in hundredths of a digit's height. They are chosen so that the digits are about as
// hard as MNIST: a linear classifier gets about 91 % of them right, a hidden layer of 128 units about 97 %.
const BLEND = 1.6
const JITTER = 2
const BEND = 5.5
const RIPPLE = 4.5
const PIECES_PER_SPAN = 5

/** Writes the digit `label` in one of its styles. */
export function writeDigit(label: number, random: RandomStream): Strokes {
  const style = chooseStyle(STYLES[label]!, random)
  const mood = random.uniform()
  const haste = 0.55 + 1.4 * mood * mood // how careless the hand is: mostly little
  const strokes = curve(style, shapeOf(style, haste, random))
  warp(strokes, haste, random)
  slantAndStretch(strokes, random)
  press(strokes, PEN_WIDTHS[label]!, random)
  fit(strokes)
  return strokes
}

function chooseStyle(styles: readonly Style[], random: RandomStream): Style {
  let rest = random.uniform() * styles.reduce((sum, style) => sum + style.weight, 0)
  for (const style of styles) {
    rest -= style.weight
    if (rest < 0) return style
  }
  return styles[0]!
}

/** A random mixture of the exemplars, every point moved a little: x, y flat. */
function shapeOf(style: Style, haste: number, random: RandomStream): number[] {
  const draws = style.exemplars.map(() => random.uniform())
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
  const points = Array.from({ length: 2 * style.corners.length }, () => 0)
  style.exemplars.forEach((exemplar, k) => {
    // The shares sum up to 1; a negative one exaggerates what sets the others apart from this exemplar.
    const share = 1 / draws.length + BLEND * (draws[k]! - mean)
    for (let i = 0; i < points.length; i++) points[i] = points[i]! + share * exemplar[i]!
  })
  // A hand that is off at one point is still off at the next: half of each error is carried on.
  let offX = 0
  let offY = 0
  for (let i = 0; i < points.length; i += 2) {
    offX = 0.5 * offX + haste * JITTER * random.normal()
    offY = 0.5 * offY + haste * JITTER * random.normal()
    points[i] = points[i]! + offX
    points[i + 1] = points[i + 1]! + offY
  }
  return points
}

/** Smooth strokes through the points (Catmull-Rom), broken at corners. */
function curve(style: Style, points: readonly number[]): Strokes {
  const strokes: Strokes = { x: [], y: [], radius: [], lifted: [] }
  const add = (x: number, y: number): void => {
    strokes.x.push(x)
    strokes.y.push(y)
    strokes.radius.push(1)
    strokes.lifted.push(false)
  }
  let first = 0
  for (const length of style.strokes) {
    const last = first + length - 1
    add(points[2 * first]!, points[2 * first + 1]!)
    for (let i = first; i < last; i++) {
      // At an end or a corner the curve has no neighbour beyond: the point stands in for it.
      const before = i === first || style.corners[i] ? i : i - 1
      const after = i + 1 === last || style.corners[i + 1] ? i + 1 : i + 2
      for (let piece = 1; piece <= PIECES_PER_SPAN; piece++) {
        const t = piece / PIECES_PER_SPAN
        add(spline(points, 0, before, i, after, t), spline(points, 1, before, i, after, t))
      }
    }
    strokes.lifted[strokes.lifted.length - 1] = true
    first = last + 1
  }
  return strokes
}

function spline(points: readonly number[], axis: number, before: number, i: number, after: number, t: number): number {
  const p0 = points[2 * before + axis]!
  const p1 = points[2 * i + axis]!
  const p2 = points[2 * (i + 1) + axis]!
  const p3 = points[2 * after + axis]!
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
}

/**
 * Elastic distortion: every point moves by a random polynomial of degree 3 in its position. The terms of degree 2 bend
 * strokes, raise or lower the waist and broaden the top or the foot; those of degree 1 are left to `slantAndStretch`.
 */
function warp(strokes: Strokes, haste: number, random: RandomStream): void {
  const field = Array.from({ length: 14 }, (_, k) => haste * (k % 7 < 3 ? BEND : RIPPLE) * random.normal())
  const move = (from: number, u: number, v: number): number =>
    field[from]! * (u * u - 0.3) +
    field[from + 1]! * u * v +
    field[from + 2]! * (v * v - 0.3) +
    u * (field[from + 3]! * (u * u - 0.6) + field[from + 4]! * v * v) +
    v * (field[from + 5]! * (v * v - 0.6) + field[from + 6]! * u * u)
  for (let i = 0; i < strokes.x.length; i++) {
    const u = Math.max(-1.2, Math.min(1.2, (strokes.x[i]! - 30) / 40))
    const v = Math.max(-1.2, Math.min(1.2, (strokes.y[i]! - 50) / 50))
    strokes.x[i] = strokes.x[i]! + move(0, u, v)
    strokes.y[i] = strokes.y[i]! + move(7, u, v)
  }
}

/** Width against height, slant and rotation. */
function slantAndStretch(strokes: Strokes, random: RandomStream): void {
  const width = Math.max(0.6, 1.22 + 0.25 * random.normal())
  const slant = 0.14 + 0.28 * random.normal()
  const halfTangent = 0.06 * random.normal()
  // cos and sin of twice the angle whose tangent is given: exact arithmetic, the same in every engine.
  const cos = (1 - halfTangent * halfTangent) / (1 + halfTangent * halfTangent)
  const sin = (2 * halfTangent) / (1 + halfTangent * halfTangent)
  for (let i = 0; i < strokes.x.length; i++) {
    const y = strokes.y[i]! - 50
    const x = (strokes.x[i]! - 30) * width - slant * y
    strokes.x[i] = cos * x - sin * y
    strokes.y[i] = sin * x + cos * y
  }
}

/** The pen's width: one for the digit, in pixels, swelling and thinning along the way. */
function press(strokes: Strokes, width: number, random: RandomStream): void {
  const radius = width * Math.max(0.65, Math.min(2.8, 1.3 + 0.4 * random.normal()))
  const swell = 0.12 * random.normal()
  const ends = 0.1 * random.normal()
  const count = strokes.radius.length
  for (let i = 0; i < count; i++) {
    const t = (2 * i) / (count - 1) - 1
    strokes.radius[i] = radius * (1 + swell * t + ends * t * t)
  }
}

/** Scales the strokes, pen included, so that they fill MNIST's box of 20x20 pixels in height or width. */
function fit(strokes: Strokes): void {
  const { x, y, radius } = strokes
  const pen = Math.max(...radius)
  const [left, width] = extent(x)
  const [top, height] = extent(y)
  const scale = (BOX - 2 * pen - 1e-9) / Math.max(width, height)
  // A pixel's centre is a whole number, so that the box begins half a pixel before MARGIN.
  const begin = (size: number): number => MARGIN - 0.5 + pen + Math.floor((BOX - 2 * pen - size * scale) / 2)
  const beginX = begin(width)
  const beginY = begin(height)
  for (let i = 0; i < x.length; i++) {
    x[i] = (x[i]! - left) * scale + beginX
    y[i] = (y[i]! - top) * scale + beginY
  }
}

/** The least value, and how far the greatest lies from it. */
function extent(values: readonly number[]): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high - low]
}
