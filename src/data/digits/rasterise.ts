// From pen strokes to pixels: polylines in pixel units enter, a 28x28 image of uint8 leaves. A pixel's ink follows from the
// distance of its centre to the nearest piece of stroke, which only the pixels in reach of a piece are asked for.

/** Straight pieces of pen stroke in pixels; piece i goes from (x[i], y[i]) to the next point unless a stroke ends at i. */
export interface Strokes {
  readonly x: number[]
  readonly y: number[]
  /** Half the pen's width at each point. */
  readonly radius: number[]
  /** Whether the pen is lifted after each point. */
  readonly lifted: boolean[]
}

/** The images' height and width. */
export const SIDE = 28

/**
 * Draws strokes into `image` from `offset` on.
 * @param sharpness ink gained per pixel of distance at a stroke's edge: 1 is a box filter
 * @param ink the ink of a pixel that is wholly covered, at most 255
 * @param inside scratch of SIDE x SIDE numbers
 */
export function rasterise(
  strokes: Strokes,
  sharpness: number,
  ink: number,
  inside: Float64Array,
  image: Uint8Array,
  offset: number,
): void {
  const reach = 0.5 / sharpness
  inside.fill(-reach)
  const { x, y, radius, lifted } = strokes
  for (let i = 0; i + 1 < x.length; i++) {
    if (!lifted[i]) markPiece(x[i]!, y[i]!, x[i + 1]!, y[i + 1]!, 0.5 * (radius[i]! + radius[i + 1]!), reach, inside)
  }
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const depth = inside[pixel]!
    if (depth > -reach) image[offset + pixel] = Math.floor(Math.min(1, depth * sharpness + 0.5) * ink + 0.5)
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
