import { h, type Child } from '../ui/dom.ts'
import { openPopover, type Popover } from '../ui/popover.ts'
import { listbox } from '../ui/textField.ts'
import { words } from '../words/words.ts'

export interface Suggestion {
  /** replaces what was typed */
  insert: string
  label: string
  hint?: string
}

/** Suggestions for the text before the caret, and the index in it from which they replace it. */
export interface SuggestionMatch {
  from: number
  items: readonly Suggestion[]
}

export type SuggestionList = ReturnType<typeof suggestionList>

let nextId = 1

/** A list above a field (U38, U39): the arrow keys move in it, Tab or Enter inserts, Escape closes. */
export function suggestionList(
  field: HTMLTextAreaElement,
  find: (before: string) => SuggestionMatch | null,
  signal: AbortSignal,
) {
  const id = `suggest-${nextId++}`
  const label = words.composer.suggestions
  const panel = h('div', { id, class: 'suggest', popover: 'manual', role: 'listbox', 'aria-label': label })
  let popover: Popover | null = null
  let match: SuggestionMatch | null = null
  /** the text at which Escape closed the list; it stays closed until the text changes */
  let closedAt: string | null = null

  const options = listbox(panel, field, insert)

  function show(next: SuggestionMatch | null): void {
    match = next
    if (next === null) {
      popover?.close()
      popover = null
      field.removeAttribute('aria-activedescendant')
      field.removeAttribute('aria-controls')
      return
    }
    const box = (field.parentElement ?? field).getBoundingClientRect()
    const x = document.dir === 'rtl' ? window.innerWidth - box.right : box.left
    panel.style.setProperty('--up', `${window.innerHeight - box.top + 4}px`)
    panel.style.setProperty('--x', `${x}px`)
    panel.style.setProperty('--width', `${box.width}px`)
    popover ??= openPopover(panel, signal, field.parentElement)
    field.setAttribute('aria-controls', id)
    options.show(next.items.map(optionOf))
  }

  function optionOf({ label: name, hint }: Suggestion): Child[] {
    return [
      h('bdi', { class: 'truncate' }, name),
      hint !== undefined && h('span', { class: 'text-meta text-muted truncate' }, hint),
    ]
  }

  function insert(index: number): void {
    const item = match?.items[index]
    if (match === null || item === undefined) return
    field.setRangeText(item.insert, match.from, field.selectionStart, 'end')
    show(null)
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus({ preventScroll: true })
  }

  field.addEventListener('blur', () => show(null), { signal })

  return {
    /** The text or the caret has changed. */
    update(): void {
      const { value, selectionStart, selectionEnd } = field
      if (value !== closedAt) closedAt = null
      const isOpenable = closedAt === null && selectionStart === selectionEnd
      const next = isOpenable ? find(value.slice(0, selectionStart)) : null
      show(next !== null && next.items.length > 0 ? next : null)
    },
    /** @returns true if the key was for the list */
    key(event: KeyboardEvent): boolean {
      if (match === null) return false
      // prettier-ignore
      switch (event.key) {
        case 'Tab': case 'Enter':
          if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false
          options.chooseSelected(); break
        case 'Escape': closedAt = field.value; show(null); event.stopPropagation(); break
        default: if (!options.move(event)) return false
      }
      event.preventDefault()
      return true
    },
  }
}
