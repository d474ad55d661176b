/**
 * The view layer. No argument is ever parsed as HTML: children are nodes or text, `on…` takes functions, addresses pass
 * `safeUrl`, `style` and `srcdoc` are refused. It does not do templates, diffing inside a row, SVG or animation.
 */

/** An element and how it shows new data. */
export interface View<T> {
  readonly element: HTMLElement
  update(data: T): void
}

export type Child = Node | string | null | false | undefined
type Attribute = string | number | boolean | null | undefined | ((event: never) => void)

/** `href` and the like as given where a person may follow them, else '#'. Only http, https, mailto and own paths pass. */
export function safeUrl(url: string): string {
  if (/^\/(?![/\\])/.test(url) || url.startsWith('#')) return url
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  return scheme === 'http' || scheme === 'https' || scheme === 'mailto' ? url : '#'
}

const ADDRESSES = new Set(['href', 'src', 'action', 'formaction'])
const REFUSED = new Set(['style', 'srcdoc'])

/**
 * Makes an element. `onClick: fn` listens for `click`; `true` sets an empty attribute; `false`, null and undefined none.
 * @throws TypeError for an attribute that could carry code
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      if (!/^on[A-Z]/.test(name)) throw new TypeError(`${name} takes no function`)
      element.addEventListener(name.slice(2).toLowerCase(), value as EventListener)
      continue
    }
    if (REFUSED.has(name) || /^on/i.test(name)) throw new TypeError(`${name} is refused`)
    if (value === null || value === undefined || value === false) continue
    const text = value === true ? '' : String(value)
    element.setAttribute(name, ADDRESSES.has(name) ? safeUrl(text) : text)
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/**
 * A controller that aborts with `parent`. Aborted by itself it leaves no listener at `parent`: a room's signal outlives every
 * dialog and menu in it, and would keep them all in memory.
 */
export function childController(parent: AbortSignal): AbortController {
  const child = new AbortController()
  if (parent.aborted) child.abort()
  else parent.addEventListener('abort', () => child.abort(), { once: true, signal: child.signal })
  return child
}

const SVG = 'http://www.w3.org/2000/svg'

/** An icon of one path, 20 px, in the colour of the text. Hidden from readers: the button beside it has the words. */
export function icon(path: string, filled = false): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  const shape = document.createElementNS(SVG, 'path')
  svg.setAttribute('viewBox', '0 0 20 20')
  svg.setAttribute('class', filled ? 'icon icon-filled' : 'icon')
  svg.setAttribute('aria-hidden', 'true')
  shape.setAttribute('d', path)
  svg.append(shape)
  return svg
}

/**
 * Keeps a parent's children equal to one view per item, by key and in order. A view whose item is `===` is not touched; one
 * that stays is moved, never rebuilt, so selection and focus survive.
 */
export function list<T>(
  parent: HTMLElement,
  keyOf: (item: T) => string,
  make: (item: T) => View<T>,
): (items: readonly T[]) => void {
  let shown = new Map<string, { item: T; view: View<T> }>()
  return (items) => {
    const next = new Map<string, { item: T; view: View<T> }>()
    for (const item of items) {
      const key = keyOf(item)
      const known = shown.get(key)
      if (known === undefined) next.set(key, { item, view: make(item) })
      else {
        if (known.item !== item) known.view.update(item)
        next.set(key, { item, view: known.view })
      }
    }
    for (const [key, { view }] of shown) if (!next.has(key)) view.element.remove()
    shown = next
    let before: ChildNode | null = parent.firstChild
    for (const { view } of next.values()) {
      if (view.element === before) before = before.nextSibling
      else parent.insertBefore(view.element, before)
    }
  }
}
