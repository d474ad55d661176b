import { button, h } from '../dom.ts'
import { searchField } from '../textField.ts'
import { findEmoji, loadEmoji, type EmojiEntry } from './emoji.ts'
import { words } from '../../words/words.ts'

const MAX_FOUND = 64

/** All emoji in a grid, and a field that searches them. Arrow keys move in the grid. `pick` gets the chosen emoji. */
export function emojiPicker(pick: (emoji: string) => void) {
  const field = searchField(words.emoji.find, draw)
  const grid = h('div', { class: 'overflow-y-auto overscroll-contain' }, note(words.common.loading))
  const element = h(
    'div',
    {
      class: 'menu picker',
      popover: 'auto',
      role: 'dialog',
      'aria-label': words.emoji.title,
      onKeydown: moveFocus,
    },
    field,
    grid,
  )
  let all: readonly EmojiEntry[] = []

  function note(text: string): HTMLElement {
    return h('p', { class: 'p-3 text-meta text-muted' }, text)
  }

  function emojiButton({ emoji, annotation }: EmojiEntry): HTMLElement {
    const label = { 'aria-label': annotation, title: annotation }
    return button(emoji, () => pick(emoji), { class: 'quick', tabindex: -1, ...label })
  }

  function section(title: string, emoji: readonly EmojiEntry[]): HTMLElement {
    return h(
      'section',
      { 'aria-label': title },
      h('h2', { class: 'px-2 pt-2 pb-1 text-meta text-muted' }, title),
      h('div', { class: 'emoji-grid' }, ...emoji.map(emojiButton)),
    )
  }

  function contents(): HTMLElement[] {
    const letters = field.value.trim().replaceAll(':', '')
    if (letters === '') {
      const groups = Object.groupBy(all, ({ group }) => group)
      return words.emoji.groups.flatMap((title, at) => (title === '' ? [] : section(title, groups[at] ?? [])))
    }
    const found = findEmoji(all, letters, MAX_FOUND)
    return [found.length > 0 ? section(words.emoji.found, found) : note(words.emoji.none)]
  }

  function draw(): void {
    grid.replaceChildren(...contents())
    grid.scrollTop = 0
    grid.querySelector('button')?.setAttribute('tabindex', '0')
  }

  function moveFocus(event: KeyboardEvent): void {
    const buttons = [...grid.querySelectorAll('button')]
    const current = buttons.findIndex((button) => button === document.activeElement)
    if (current < 0) {
      if (event.key === 'Enter') buttons[0]?.click()
      else if (event.key === 'ArrowDown') buttons[0]?.focus()
      else return
      return event.preventDefault()
    }
    const row = buttons[current]?.parentElement
    const columns = row ? getComputedStyle(row).gridTemplateColumns.split(' ').length : 1
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key]
    if (step === undefined) return
    event.preventDefault()
    if (current + step < 0) return field.focus()
    const next = buttons[Math.min(current + step, buttons.length - 1)]
    buttons[current]?.setAttribute('tabindex', '-1')
    next?.setAttribute('tabindex', '0')
    next?.focus()
  }

  return {
    element,
    field,
    /** Draws the emoji once they are fetched, or says that they cannot be. */
    async fill(signal: AbortSignal): Promise<void> {
      try {
        all = await loadEmoji()
        if (!signal.aborted) draw()
      } catch {
        grid.replaceChildren(note(words.emoji.notLoaded))
      }
    },
  }
}
