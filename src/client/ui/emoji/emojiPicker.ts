import { h } from '../dom.ts'
import { findEmoji, loadEmoji, type EmojiEntry } from './emoji.ts'
import { words } from '../../words/words.ts'

const MAX_FOUND = 64

export interface EmojiPanel {
  readonly element: HTMLElement
  readonly field: HTMLInputElement
  /** Draws the emoji once they are fetched, unless the signal has aborted; says so where they cannot be. */
  fill(signal: AbortSignal): Promise<void>
}

/** The grid of all emoji with a field that finds some; `pick` hears of one. */
export function emojiPanel(pick: (emoji: string) => void): EmojiPanel {
  const field = h('input', {
    class: 'field',
    type: 'text',
    placeholder: words.emoji.find,
    'aria-label': words.emoji.find,
    autocomplete: 'off',
    enterkeyhint: 'go',
  })
  const grid = h(
    'div',
    { class: 'emoji-scroll' },
    h('p', { class: 'p-3 text-meta text-muted' }, words.common.loading),
  )
  const panel = h(
    'div',
    { class: 'menu picker', popover: 'auto', role: 'dialog', 'aria-label': words.emoji.title },
    field,
    grid,
  )
  let all: readonly EmojiEntry[] = []

  function button({ emoji, annotation }: EmojiEntry): HTMLElement {
    const name = {
      type: 'button',
      class: 'quick',
      tabindex: -1,
      'aria-label': annotation,
      title: annotation,
    } as const
    return h('button', { ...name, onClick: () => pick(emoji) }, emoji)
  }

  function section(title: string, some: readonly EmojiEntry[]): HTMLElement {
    return h(
      'section',
      { 'aria-label': title },
      h('h2', { class: 'text-meta text-muted' }, title),
      h('div', { class: 'emoji-grid' }, ...some.map(button)),
    )
  }

  function draw(): void {
    const letters = field.value.trim().replaceAll(':', '')
    const some = letters === '' ? null : findEmoji(all, letters, MAX_FOUND)
    grid.replaceChildren(
      ...(some === null
        ? words.emoji.groups.flatMap((title, group) =>
            title === ''
              ? []
              : [
                  section(
                    title,
                    all.filter((entry) => entry.group === group),
                  ),
                ],
          )
        : some.length > 0
          ? [section(words.emoji.found, some)]
          : [h('p', { class: 'p-3 text-meta text-muted' }, words.emoji.none)]),
    )
    grid.scrollTop = 0
    grid.querySelector('button')?.setAttribute('tabindex', '0')
  }

  function move(event: KeyboardEvent): void {
    const buttons = [...grid.querySelectorAll('button')]
    const on = buttons.findIndex((button) => button === document.activeElement)
    const line = grid.querySelector('.emoji-grid')
    const columns = line === null ? 1 : getComputedStyle(line).gridTemplateColumns.split(' ').length
    if (on < 0) {
      if (event.key === 'Enter' && buttons[0]) buttons[0].click()
      else if (event.key === 'ArrowDown') buttons[0]?.focus()
      else return
      return event.preventDefault()
    }
    const to = { ArrowRight: on + 1, ArrowLeft: on - 1, ArrowDown: on + columns, ArrowUp: on - columns }[
      event.key
    ]
    if (to === undefined) return
    event.preventDefault()
    if (to < 0) return field.focus()
    const next = buttons[Math.min(to, buttons.length - 1)]
    buttons[on]?.setAttribute('tabindex', '-1')
    next?.setAttribute('tabindex', '0')
    next?.focus()
  }

  panel.addEventListener('keydown', move)
  field.addEventListener('input', draw)
  return {
    element: panel,
    field,
    async fill(signal) {
      try {
        all = await loadEmoji()
        if (!signal.aborted) draw()
      } catch {
        grid.replaceChildren(h('p', { class: 'p-3 text-meta text-muted' }, words.emoji.notLoaded))
      }
    },
  }
}
