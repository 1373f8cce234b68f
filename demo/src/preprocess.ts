// A drawing enters (one ink value per pixel), an image like MNIST's leaves: cropped to its ink, scaled without distortion
// into a 20x20 box, and placed in a 28x28 field with its centre of mass in the middle, as LeCun, Cortes and Burges did.

/** Ink on a grid: 0 is paper, 255 is full ink; row-major. */
export interface Ink {
  readonly width: number
  readonly height: number
  readonly values: Uint8Array
}

const FIELD = 28
const BOX = 20
const MIDDLE = FIELD / 2 + 0.5 // MNIST's own: the middle of pixel 14, not the edge before it
const FAINT = 16 // weaker ink does not count for the crop

/** The 28x28 uint8 image of a drawing, or undefined where nothing is drawn. */
export function preprocess(ink: Ink): Uint8Array | undefined {
  const crop = inkBounds(ink)
  if (!crop) return undefined
  const scale = BOX / Math.max(crop.width, crop.height)
  const width = Math.max(1, Math.round(crop.width * scale))
  const height = Math.max(1, Math.round(crop.height * scale))
  const scaled = resample(ink, crop, width, height)

  const centre = centreOfMass(scaled, width, height)
  const left = Math.round(MIDDLE - centre.x)
  const topRow = Math.round(MIDDLE - centre.y)
  const image = new Uint8Array(FIELD * FIELD)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [y + topRow, x + left]
      if (row < 0 || row >= FIELD || column < 0 || column >= FIELD) continue
      image[row * FIELD + column] = Math.round(scaled[y * width + x] ?? 0)
    }
  }
  return image
}

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

function inkBounds({ width, height, values }: Ink): Box | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((values[y * width + x] ?? 0) < FAINT) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = y
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 }
}

/** Each target pixel is the mean ink of the area that it covers, which keeps thin strokes and grey edges. */
function resample(ink: Ink, crop: Box, width: number, height: number): Float64Array {
  const across = coverage(crop.left, crop.width, width)
  const down = coverage(crop.top, crop.height, height)
  const area = (crop.width / width) * (crop.height / height)
  const scaled = new Float64Array(width * height)
  for (const [y, rows] of down.entries()) {
    for (const [x, columns] of across.entries()) {
      let sum = 0
      for (const row of rows) {
        for (const column of columns) {
          sum += (ink.values[row.index * ink.width + column.index] ?? 0) * row.share * column.share
        }
      }
      scaled[y * width + x] = Math.min(255, sum / area)
    }
  }
  return scaled
}

/** For each of `count` equal parts of `[start, start + length)`: the source pixels it covers and how much of each. */
function coverage(start: number, length: number, count: number): { index: number; share: number }[][] {
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [start + (part * length) / count, start + ((part + 1) * length) / count]
    const pixels: { index: number; share: number }[] = []
    for (let index = Math.floor(from); index < to; index++) {
      pixels.push({ index, share: Math.min(to, index + 1) - Math.max(from, index) })
    }
    return pixels
  })
}

function centreOfMass(values: Float64Array, width: number, height: number): { x: number; y: number } {
  let [mass, x, y] = [0, 0, 0]
  for (const [i, value] of values.entries()) {
    mass += value
    x += value * ((i % width) + 0.5)
    y += value * (Math.floor(i / width) + 0.5)
  }
  return mass > 0 ? { x: x / mass, y: y / mass } : { x: width / 2, y: height / 2 }
}
