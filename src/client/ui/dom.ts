/**
 * The view layer. No argument is parsed as HTML: children are nodes or text, `on…` takes functions, URLs pass `safeUrl`,
 * `style` and `srcdoc` are refused (E1).
 */

export interface View<T> {
  readonly element: HTMLElement
  update(data: T): void
}

export type Child = Node | string | null | false | undefined
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>

/** @returns the URL if it is http, https, mailto, a path of this site or a fragment; else '#' */
export function safeUrl(url: string): string {
  return /^(\/(?![/\\])|#|(https?|mailto):)/i.test(url) ? url : '#'
}

const ADDRESSES = new Set(['href', 'src', 'action', 'formaction'])
const REFUSED = new Set(['style', 'srcdoc'])

/**
 * Creates an element. `onClick: fn` listens for `click`; `true` sets an empty attribute; `false`, null and undefined set none.
 * @throws TypeError for an attribute that could carry code
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
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

/** A button that does not submit a form. */
export function button(
  content: Child | readonly Child[],
  press: (event: Event) => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  return h(
    'button',
    { type: 'button', class: 'button-quiet', onClick: press, ...attributes },
    ...[content].flat(),
  )
}

/**
 * A controller that aborts with `parent`. Once it has aborted, `parent` no longer refers to it: a room's signal outlives
 * every dialog and menu in the room and would keep them in memory (U124).
 */
export function childController(parent: AbortSignal): AbortController {
  const child = new AbortController()
  if (parent.aborted) child.abort()
  else parent.addEventListener('abort', () => child.abort(), { once: true, signal: child.signal })
  return child
}

/**
 * Shows one view per item in `parent`, by key and in order. A view whose item is `===` is not updated. Views are moved, never
 * rebuilt, so that text selection and focus survive (E2).
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
      const before = shown.get(key)
      if (before !== undefined && before.item !== item) before.view.update(item)
      next.set(key, { item, view: before?.view ?? make(item) })
    }
    for (const [key, { view }] of shown) if (!next.has(key)) view.element.remove()
    shown = next
    let position = parent.firstChild
    for (const { view } of next.values()) {
      const { element } = view
      // To move what has the focus would take it away, so what stands before it goes to the end (E2).
      if (element.contains(document.activeElement))
        while (position && position !== element) {
          const other = position
          position = other.nextSibling
          parent.append(other)
        }
      if (element === position) position = position.nextSibling
      else parent.insertBefore(element, position)
    }
  }
}

/** A heading and one view per item in a list below it; hidden while there are no items. */
export function listSection<T>(
  title: string,
  keyOf: (item: T) => string,
  make: (item: T) => View<T>,
): View<readonly T[]> {
  const rows = h('ul', { role: 'list' })
  const element = h('section', {}, h('h2', {}, title), rows)
  const show = list(rows, keyOf, make)
  const update = (items: readonly T[]) => {
    element.hidden = items.length === 0
    show(items)
  }
  return { element, update }
}
