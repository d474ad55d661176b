import { afterAll, beforeAll } from 'bun:test'
import { Window } from 'happy-dom'

/** The globals that a test file borrows. The others, such as fetch, WebSocket and timers, stay Bun's. */
// prettier-ignore
const LENT = [
  'window', 'document', 'location', 'history', 'navigator', 'localStorage', 'sessionStorage',
  'getComputedStyle', 'matchMedia', 'requestAnimationFrame', 'cancelAnimationFrame',
  'IntersectionObserver', 'ResizeObserver', 'MutationObserver',
  'Node', 'Text', 'Element', 'HTMLElement', 'HTMLInputElement', 'HTMLTextAreaElement', 'HTMLButtonElement',
  'HTMLAnchorElement', 'HTMLDialogElement', 'SVGElement',
  'Event', 'InputEvent', 'MouseEvent', 'PointerEvent', 'KeyboardEvent', 'FocusEvent', 'CompositionEvent',
  'PopStateEvent', 'PageTransitionEvent',
] as const

/** happy-dom has no popovers: these only fire their event. */
const toggled = (newState: string) =>
  function (this: HTMLElement) {
    this.dispatchEvent(Object.assign(new Event('toggle'), { newState }))
  }
const POPOVERS = { showPopover: toggled('open'), hidePopover: toggled('closed') }

/** A window of happy-dom while the tests of one file run; `window` throws outside of them. */
export function useDom(url = 'http://localhost/'): { readonly window: Window } {
  let made: Window | null = null
  const before = new Map<string, PropertyDescriptor | undefined>()

  beforeAll(() => {
    made = new Window({ url, width: 1280, height: 800 })
    Object.assign(made.HTMLElement.prototype, POPOVERS)
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
