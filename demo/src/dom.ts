// An id enters, the element of the page leaves, checked against its class: a renamed id fails at once, with its name.

type Constructor<T extends Element> = { new (): T; readonly name: string }

/** The element with this id. Throws when the page has none, or one of another class. */
export function element<T extends Element>(id: string, kind: Constructor<T>): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`demo: the page has no ${kind.name} with id "${id}"`)
}

/** A 2D context of a canvas. Throws where the browser has none to give. */
export function context2d(
  canvas: HTMLCanvasElement,
  options?: CanvasRenderingContext2DSettings,
): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', options)
  if (!context) throw new Error('demo: this browser gives no 2D canvas')
  return context
}

/** Sets an element's text where it changed, so that live regions and layout are not disturbed in vain. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
