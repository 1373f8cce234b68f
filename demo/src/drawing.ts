// Strokes of pen, finger or mouse enter, 28x28 images leave, one after each movement; a test image may take the place of
// a drawing. Ink is opaque black on a transparent canvas: the style sheet turns it white where the page is dark.

import { context2d, element } from './dom.ts'
import { preprocess } from './preprocess.ts'

/** The drawing area. */
export interface Drawing {
  /** What the network is to see: uint8 [28, 28], or undefined where the area is empty. */
  pixels(): Uint8Array | undefined
  /** Shows a finished 28x28 image in place of a drawing. */
  show(image: Uint8Array): void
}

const PEN = 24 // of 280: about two of MNIST's pixels, for a digit that fills the area
const FIELD = 28

/** Makes `#draw` a drawing area and calls `onChange` whenever what it holds is another image. */
export function createDrawing(onChange: (pixels: Uint8Array | undefined) => void): Drawing {
  const canvas = element('draw', HTMLCanvasElement)
  const seen = element('seen', HTMLCanvasElement)
  const context = context2d(canvas, { willReadFrequently: true })
  let pixels: Uint8Array | undefined
  let frame: number | undefined

  const changed = (image: Uint8Array | undefined): void => {
    pixels = image
    paintInk(seen, image)
    onChange(image)
  }
  const read = (): void => {
    frame = undefined
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
    const values = new Uint8Array(canvas.width * canvas.height)
    for (const i of values.keys()) values[i] = data[i * 4 + 3] ?? 0
    changed(preprocess({ width: canvas.width, height: canvas.height, values }))
  }
  const erase = (): void => context.clearRect(0, 0, canvas.width, canvas.height)

  trackStrokes(canvas, (from, to) => {
    context.lineWidth = PEN
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.beginPath()
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
    context.stroke()
    frame ??= requestAnimationFrame(read)
  })
  element('clear', HTMLButtonElement).addEventListener('click', () => {
    erase()
    changed(undefined)
  })

  return {
    pixels: () => pixels,
    show(image) {
      erase()
      context.imageSmoothingEnabled = false
      context.drawImage(inkCanvas(image), 0, 0, canvas.width, canvas.height)
      changed(image)
    },
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

/** Calls `segment` for each stretch of a stroke, in the canvas's own pixels; a tap is a stretch of no length. */
function trackStrokes(canvas: HTMLCanvasElement, segment: (from: Point, to: Point) => void): void {
  let last: Point | undefined
  const pointOf = (event: PointerEvent): Point => {
    const box = canvas.getBoundingClientRect()
    return {
      x: ((event.clientX - box.left) / box.width) * canvas.width,
      y: ((event.clientY - box.top) / box.height) * canvas.height,
    }
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    last = pointOf(event)
    segment(last, last)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!last) return
    const coalesced = event.getCoalescedEvents()
    for (const each of coalesced.length > 0 ? coalesced : [event]) {
      const next = pointOf(each)
      segment(last, next)
      last = next
    }
  })
  const end = (): void => {
    last = undefined
  }
  for (const type of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) canvas.addEventListener(type, end)
}

/** Paints a 28x28 image on a canvas of that size, as ink on transparent ground. */
export function paintInk(canvas: HTMLCanvasElement, image: Uint8Array | undefined): void {
  const context = context2d(canvas)
  const target = context.createImageData(FIELD, FIELD)
  if (image) for (const [i, value] of image.entries()) target.data[i * 4 + 3] = value
  context.putImageData(target, 0, 0)
}

function inkCanvas(image: Uint8Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = FIELD
  paintInk(canvas, image)
  return canvas
}
