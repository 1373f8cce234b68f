// From pen strokes to pixels: polylines in pixel units enter, a centred 28x28 image of uint8 leaves. A pixel's ink
// follows from the distance of its centre to the nearest piece of stroke, which only the pixels in reach of a piece are
// asked for.

import type { RandomStream } from './random.ts'

/** Straight pieces of pen stroke in pixels: from every point to the next, unless the pen is lifted between them. */
export interface Strokes {
  readonly x: number[]
  readonly y: number[]
  /** Half the pen's width at each point. */
  readonly radius: number[]
  /** Whether the pen is lifted after each point. */
  readonly lifted: boolean[]
}

// How much the ink of an edge's pixel is off, as a share of full ink: paper is rough and scanners make noise.
const ROUGHNESS = 0.3

/** The images' height and width. */
export const SIDE = 28

/**
 * Draws strokes with a soft, slightly rough edge and ink of varying darkness.
 * @param inside scratch of SIDE x SIDE numbers
 * @param image gets the SIDE x SIDE pixels
 */
export function rasterise(strokes: Strokes, random: RandomStream, inside: Float64Array, image: Uint8Array): void {
  const sharpness = 1 + 0.1 * random.normal() // ink per pixel of distance at the edge; 1 is a box filter
  const fading = random.uniform() * random.uniform()
  const ink = 255 * (1 - 0.25 * fading * fading)
  const reach = 0.5 / sharpness
  inside.fill(-reach)
  const { x, y, radius, lifted } = strokes
  for (let i = 0; i + 1 < x.length; i++) {
    if (!lifted[i]) markPiece(x[i]!, y[i]!, x[i + 1]!, y[i + 1]!, 0.5 * (radius[i]! + radius[i + 1]!), reach, inside)
  }
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const depth = inside[pixel]!
    if (depth <= -reach) image[pixel] = 0
    else if (depth >= reach) image[pixel] = Math.floor(ink + 0.5)
    else {
      const coverage = depth * sharpness + 0.5 + ROUGHNESS * (random.uniform() - 0.5)
      image[pixel] = Math.floor(Math.max(0, Math.min(1, coverage)) * ink + 0.5)
    }
  }
}

/**
 * Copies a drawn image to `images` from `offset` on, moved by whole pixels so that the centre of its ink comes to (14,
 * 14), as in MNIST. It moves by no more than the margin that the box of 20x20 leaves, so that nothing is cut off.
 */
export function centreByMass(image: Uint8Array, images: Uint8Array, offset: number, margin: number): void {
  let mass = 0
  let massX = 0
  let massY = 0
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const ink = image[row * SIDE + column]!
      mass += ink
      massX += ink * column
      massY += ink * row
    }
  }
  const shift = (moment: number): number => Math.max(-margin, Math.min(margin, Math.round(SIDE / 2 - moment / mass)))
  const right = shift(massX)
  const down = shift(massY)
  for (let row = Math.max(0, -down); row < Math.min(SIDE, SIDE - down); row++) {
    for (let column = Math.max(0, -right); column < Math.min(SIDE, SIDE - right); column++) {
      images[offset + (row + down) * SIDE + column + right] = image[row * SIDE + column]!
    }
  }
}

/** Raises `inside`, how deep each pixel's centre lies in the ink (negative outside), by one piece of stroke. */
function markPiece(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  radius: number,
  reach: number,
  inside: Float64Array,
): void {
  const dx = bx - ax
  const dy = by - ay
  const scale = 1 / (dx * dx + dy * dy + 1e-9)
  const far = radius + reach
  const left = Math.max(0, Math.ceil(Math.min(ax, bx) - far))
  const right = Math.min(SIDE - 1, Math.floor(Math.max(ax, bx) + far))
  const top = Math.max(0, Math.ceil(Math.min(ay, by) - far))
  const bottom = Math.min(SIDE - 1, Math.floor(Math.max(ay, by) + far))
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column - ax
      const py = row - ay
      const along = Math.max(0, Math.min(1, (px * dx + py * dy) * scale))
      const ex = px - along * dx
      const ey = py - along * dy
      const squared = ex * ex + ey * ey
      if (squared >= far * far) continue
      const depth = radius - Math.sqrt(squared)
      const pixel = row * SIDE + column
      if (depth > inside[pixel]!) inside[pixel] = depth
    }
  }
}
