// Test images and the network's answers enter; two rows of tiles leave: the first images, each marked right or wrong, and
// the ones that it gets wrong. A tile is a button that puts its image in the drawing area.

import { element, setText } from './dom.ts'
import { paintInk } from './drawing.ts'

/** The tiles of test images. */
export interface Samples {
  /** uint8 [n, 28, 28] images with their uint8 [n] digits. */
  setImages(images: Uint8Array, labels: Uint8Array): void
  /** The digit that the network sees in each image. */
  setAnswers(digits: Uint8Array): void
}

const FIRST = 16
const MISTAKES = 8
const PIXELS = 28 * 28

/** Fills `#samples` and `#mistakes`; `choose` is called with the image of a pressed tile. */
export function createSamples(choose: (image: Uint8Array) => void): Samples {
  const first = createTiles('samples', FIRST, choose)
  const wrong = createTiles('mistakes', MISTAKES, choose)
  const note = element('mistakes-note', HTMLElement)
  let images = new Uint8Array(0)
  let labels = new Uint8Array(0)
  const imageAt = (i: number): Uint8Array => images.subarray(i * PIXELS, (i + 1) * PIXELS)

  return {
    setImages(nextImages, nextLabels) {
      images = Uint8Array.from(nextImages)
      labels = Uint8Array.from(nextLabels)
      for (const [i, tile] of first.entries())
        tile.show(i < labels.length ? imageAt(i) : undefined, labels[i], undefined)
      for (const tile of wrong) tile.show(undefined, undefined, undefined)
    },
    setAnswers(digits) {
      for (const [i, tile] of first.entries()) {
        if (i < labels.length) tile.show(imageAt(i), labels[i], digits[i])
      }
      const mistakes = [...digits.keys()].filter((i) => digits[i] !== labels[i])
      for (const [slot, tile] of wrong.entries()) {
        const i = mistakes[slot]
        if (i === undefined) tile.show(undefined, undefined, undefined)
        else tile.show(imageAt(i), labels[i], digits[i])
      }
      const all = `${mistakes.length} of the first ${digits.length} test images are wrong`
      setText(note, mistakes.length > MISTAKES ? `${all}; here are the first ${MISTAKES}.` : `${all}.`)
    },
  }
}

interface Tile {
  show(image: Uint8Array | undefined, label: number | undefined, answer: number | undefined): void
}

function createTiles(id: string, length: number, choose: (image: Uint8Array) => void): Tile[] {
  const list = element(id, HTMLElement)
  return Array.from({ length }, () => {
    const item = document.createElement('li')
    const button = document.createElement('button')
    const canvas = document.createElement('canvas')
    const caption = document.createElement('span')
    button.type = 'button'
    canvas.width = canvas.height = 28
    button.append(canvas, caption)
    item.append(button)
    item.hidden = true
    list.append(item)
    let current: Uint8Array | undefined
    button.addEventListener('click', () => current && choose(current))
    return {
      show(image, label, answer) {
        item.hidden = !image
        paintInk(canvas, image)
        current = image
        const right = answer === label
        button.className = answer === undefined ? 'tile' : right ? 'tile right' : 'tile wrong'
        setText(caption, answer === undefined ? `${label ?? ''}` : right ? `${answer} ✓` : `${answer} ✗`)
        const answered = answer === undefined ? '' : `, seen as ${answer}, ${right ? 'right' : 'wrong'}`
        button.setAttribute('aria-label', `Test image of a ${label}${answered}. Put it in the drawing area`)
        button.title = answer === undefined || right ? `A ${label}` : `A ${label}, seen as ${answer}`
      },
    }
  })
}
