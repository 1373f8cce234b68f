// A 28x28 image enters, the ten probabilities leave as bars. At most one question is on its way to the Worker; while it
// is, only the newest image waits, so that drawing stays live however busy the device is.

import { element, setText } from './dom.ts'

/** The bars of the ten digits. */
export interface Prediction {
  /** Asks for the probabilities of this image; undefined empties the bars. */
  ask(pixels: Uint8Array | undefined): void
}

/** Fills `#prediction`; `predict` answers with ten probabilities, or undefined while there is no network to ask. */
export function createPrediction(predict: (pixels: Uint8Array) => Promise<readonly number[] | undefined>): Prediction {
  const rows = createRows(element('prediction', HTMLElement))
  const text = element('prediction-text', HTMLElement)
  let wanted: Uint8Array | undefined
  let asking = false

  const show = (probabilities: readonly number[] | undefined): void => {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1
    for (const [digit, row] of rows.entries()) row.show(probabilities?.[digit], digit === best)
    if (best < 0) return setText(text, 'Draw, or choose a test image.')
    setText(text, `It sees a ${best}.`)
  }
  const next = async (): Promise<void> => {
    asking = true
    while (wanted) {
      const asked: Uint8Array = wanted
      wanted = undefined
      const probabilities = await predict(asked)
      if (probabilities && asking) show(probabilities)
    }
    asking = false
  }
  show(undefined)

  return {
    ask(pixels) {
      wanted = pixels
      if (!pixels) {
        asking = false // an answer that is still on its way is to a drawing that is gone
        show(undefined)
      } else if (!asking) void next()
    },
  }
}

interface Row {
  show(probability: number | undefined, best: boolean): void
}

function createRows(list: HTMLElement): Row[] {
  return Array.from({ length: 10 }, (_, digit) => {
    const item = document.createElement('li')
    const name = document.createElement('span')
    const track = document.createElement('span')
    const bar = document.createElement('span')
    const value = document.createElement('span')
    name.className = 'digit'
    name.textContent = String(digit)
    track.className = 'track'
    bar.className = 'bar'
    value.className = 'probability'
    track.append(bar)
    item.append(name, track, value)
    list.append(item)
    return {
      show(probability, best) {
        item.classList.toggle('best', best)
        bar.style.transform = `scaleX(${probability ?? 0})`
        item.dataset['probability'] = probability === undefined ? '' : String(probability)
        setText(value, probability === undefined ? '' : `${(probability * 100).toFixed(1)} %`)
      },
    }
  })
}
