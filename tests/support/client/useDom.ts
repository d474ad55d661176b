import { afterAll, beforeAll } from 'bun:test'
import { Window } from 'happy-dom'

/** What a test file borrows from the window. fetch, Response, WebSocket, timers and AbortController stay Bun's (P55). */
const LENT = [
  'window',
  'document',
  'location',
  'history',
  'navigator',
  'localStorage',
  'sessionStorage',
  'getComputedStyle',
  'matchMedia',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'IntersectionObserver',
  'ResizeObserver',
  'MutationObserver',
  'Node',
  'Text',
  'Element',
  'HTMLElement',
  'HTMLInputElement',
  'HTMLTextAreaElement',
  'HTMLButtonElement',
  'HTMLAnchorElement',
  'HTMLDialogElement',
  'SVGElement',
  'Event',
  'InputEvent',
  'MouseEvent',
  'PointerEvent',
  'KeyboardEvent',
  'FocusEvent',
  'CompositionEvent',
  'PopStateEvent',
  'PageTransitionEvent',
] as const

/**
 * A window of happy-dom for the tests of one file, its parts lent as globals from before the first test until after the
 * last. `.window` throws outside of that.
 */
export function useDom(url = 'http://localhost/'): { readonly window: Window } {
  let made: Window | null = null
  const before = new Map<string, PropertyDescriptor | undefined>()

  beforeAll(() => {
    made = new Window({ url, width: 1280, height: 800 })
    for (const name of LENT) {
      before.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
      const value = name === 'window' ? made : Reflect.get(made, name)
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
    }
  })

  afterAll(async () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, descriptor)
    }
    await made?.happyDOM.close()
    made = null
  })

  return {
    get window() {
      if (made === null) throw new TypeError('the window is there only while tests run')
      return made
    },
  }
}
