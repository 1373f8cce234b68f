// One handwritten digit: a style and a random stream enter, strokes in pixels leave. The order is that of a hand and of
// MNIST's own preparation: shape (blend, jitter), curve (spline), hand (warp, slant, rotation), then fit into a box of 20x20
// pixels and centre by the centre of mass in the image of 28x28.

import type { RandomStream } from './random.ts'
import { SIDE, type Strokes } from './rasterise.ts'
import type { Style } from './skeletons.ts'

/** The spreads of a hand; lengths in hundredths of a digit's height. */
const BLEND = 1.6
const JITTER = 2
const BEND = 5.5
const RIPPLE = 4.5
const BOX = 19.6
const PIECES_PER_SPAN = 5

/** Writes one digit of a style (chosen by weight from `styles`). */
export function writeDigit(styles: readonly Style[], random: RandomStream): Strokes {
  const style = chooseStyle(styles, random)
  const haste = 0.5 + 1.3 * random.uniform() ** 2
  const strokes = curve(style, shapeOf(style, haste, random))
  warp(strokes, haste, random)
  slantAndStretch(strokes, random)
  press(strokes, random)
  fit(strokes, random)
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
  const points = new Array<number>(2 * style.corners.length).fill(0)
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
function press(strokes: Strokes, random: RandomStream): void {
  const radius = Math.max(0.7, Math.min(2.4, 1.3 + 0.36 * random.normal()))
  const swell = 0.12 * random.normal()
  const ends = 0.1 * random.normal()
  const count = strokes.radius.length
  for (let i = 0; i < count; i++) {
    const t = (2 * i) / (count - 1) - 1
    strokes.radius[i] = radius * (1 + swell * t + ends * t * t)
  }
}

/** Scales the strokes, pen included, into MNIST's box and puts the centre of their ink into the middle of the image. */
function fit(strokes: Strokes, random: RandomStream): void {
  const { x, y, radius, lifted } = strokes
  const pen = 2 * radius.reduce((sum, r) => sum + r, 0) / radius.length
  const extent = Math.max(spread(x), spread(y))
  const scale = (BOX - pen) / extent
  let mass = 0
  let massX = 0
  let massY = 0
  for (let i = 0; i + 1 < x.length; i++) {
    if (lifted[i]) continue
    const dx = x[i + 1]! - x[i]!
    const dy = y[i + 1]! - y[i]!
    const length = Math.sqrt(dx * dx + dy * dy) * (radius[i]! + radius[i + 1]!)
    mass += length
    massX += 0.5 * length * (x[i]! + x[i + 1]!)
    massY += 0.5 * length * (y[i]! + y[i + 1]!)
  }
  // MNIST moves by whole pixels, which leaves the centre up to half a pixel off the middle.
  const middleX = SIDE / 2 - 0.5 + random.uniform() - 0.5
  const middleY = SIDE / 2 - 0.5 + random.uniform() - 0.5
  for (let i = 0; i < x.length; i++) {
    x[i] = (x[i]! - massX / mass) * scale + middleX
    y[i] = (y[i]! - massY / mass) * scale + middleY
  }
}

function spread(values: readonly number[]): number {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return high - low
}
