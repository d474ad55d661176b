import { h } from '../ui/dom.ts'
import { openPopover, type Popover } from '../ui/popover.ts'
import { words } from '../words/words.ts'

export interface Suggestion {
  /** what is put in place of what was typed */
  insert: string
  label: string
  hint?: string
}

/** What fits the text before the caret, and where in it that begins. */
export interface SuggestionMatch {
  from: number
  items: readonly Suggestion[]
}

export interface SuggestionList {
  /** The text or its caret has changed. */
  look(): void
  /** True: the key was for the list. */
  key(event: KeyboardEvent): boolean
}

let made = 0

/** A list over the field of what one may mean (U38, U39): arrows move, Tab or Enter takes, Escape closes; nothing moves by it. */
export function suggestionList(
  field: HTMLTextAreaElement,
  find: (before: string) => SuggestionMatch | null,
  signal: AbortSignal,
): SuggestionList {
  made += 1
  const id = `suggest-${made}`
  const panel = h('div', {
    id,
    class: 'suggest',
    popover: 'manual',
    role: 'listbox',
    'aria-label': words.composer.suggestions,
  })
  let popover: Popover | null = null
  let found: SuggestionMatch | null = null
  let at = 0
  /** the text for which Escape closed it */
  let closed: string | null = null

  function show(next: SuggestionMatch | null): void {
    found = next
    at = 0
    if (next === null) {
      popover?.close()
      popover = null
      field.removeAttribute('aria-activedescendant')
      field.removeAttribute('aria-controls')
      return
    }
    panel.replaceChildren(...next.items.map(option))
    const box = (field.parentElement ?? field).getBoundingClientRect()
    panel.style.setProperty('--up', `${window.innerHeight - box.top + 4}px`)
    panel.style.setProperty('--x', `${document.dir === 'rtl' ? window.innerWidth - box.right : box.left}px`)
    panel.style.setProperty('--width', `${box.width}px`)
    if (popover === null) {
      popover = openPopover(panel, signal, { into: field.parentElement })
      field.setAttribute('aria-controls', id)
    }
    mark()
  }

  function option({ label, hint }: Suggestion, index: number): HTMLElement {
    const element = h(
      'div',
      {
        id: `${id}-${index}`,
        role: 'option',
        class: 'suggestion',
        onPointerdown: (event: Event) => event.preventDefault(),
        onClick: () => take(index),
      },
      h('bdi', { class: 'truncate' }, label),
    )
    if (hint !== undefined) element.append(h('span', { class: 'text-meta text-muted truncate' }, hint))
    return element
  }

  function mark(): void {
    for (const [index, element] of [...panel.children].entries())
      element.setAttribute('aria-selected', String(index === at))
    field.setAttribute('aria-activedescendant', `${id}-${at}`)
    panel.children[at]?.scrollIntoView({ block: 'nearest' })
  }

  function take(index: number): void {
    const item = found?.items[index]
    if (found === null || item === undefined) return
    field.setRangeText(item.insert, found.from, field.selectionStart, 'end')
    show(null)
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus({ preventScroll: true })
  }

  function look(): void {
    const { value, selectionStart, selectionEnd } = field
    if (value !== closed) closed = null
    const next =
      closed === null && selectionStart === selectionEnd ? find(value.slice(0, selectionStart)) : null
    show(next !== null && next.items.length > 0 ? next : null)
  }

  field.addEventListener('blur', () => show(null), { signal })

  return {
    look,
    key(event) {
      if (found === null) return false
      const { length } = found.items
      // prettier-ignore
      switch (event.key) {
        case 'ArrowDown': at = (at + 1) % length; mark(); break
        case 'ArrowUp': at = (at + length - 1) % length; mark(); break
        case 'Tab': case 'Enter':
          if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false
          take(at); break
        case 'Escape': closed = field.value; show(null); event.stopPropagation(); break
        default: return false
      }
      event.preventDefault()
      return true
    },
  }
}
