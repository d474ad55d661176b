import { h, onAbort } from '../dom.ts'
import { findEmoji, loadEmoji, type Emoji } from './emoji.ts'
import { words } from '../../words/words.ts'

export { findEmoji, loadEmoji }

const MOST = 64

/** Opens the grid of all emoji, over what it belongs to; `pick` hears of one, once. Says so where they cannot be fetched. */
export async function openPicker(
  at: { x: number; y: number },
  pick: (emoji: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  const before = document.activeElement
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
  let all: readonly Emoji[] = []

  function button({ emoji, annotation }: Emoji): HTMLElement {
    const name = {
      type: 'button',
      class: 'quick',
      tabindex: -1,
      'aria-label': annotation,
      title: annotation,
    } as const
    return h('button', { ...name, onClick: () => choose(emoji) }, emoji)
  }

  function choose(emoji: string): void {
    panel.hidePopover()
    pick(emoji)
  }

  function section(title: string, some: readonly Emoji[]): HTMLElement {
    return h(
      'section',
      { 'aria-label': title },
      h('h2', { class: 'text-meta text-muted' }, title),
      h('div', { class: 'emoji-grid' }, ...some.map(button)),
    )
  }

  function draw(): void {
    const letters = field.value.trim().replaceAll(':', '')
    const some = letters === '' ? null : findEmoji(all, letters, MOST)
    grid.replaceChildren(
      ...(some === null
        ? words.emoji.groups.flatMap((title, group) =>
            title === ''
              ? []
              : [
                  section(
                    title,
                    all.filter((one) => one.group === group),
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
    const on = buttons.findIndex((one) => one === document.activeElement)
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
  panel.addEventListener('toggle', (event) => {
    if ((event as ToggleEvent).newState !== 'closed') return
    kept()
    const inside = panel.contains(document.activeElement) || document.activeElement === document.body
    panel.remove()
    if (inside && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
  })
  field.addEventListener('input', draw)
  const kept = onAbort(signal, () => panel.remove())
  const ground = document.querySelector('main') ?? document.body
  ground.append(panel)
  panel.showPopover()
  const { width, height } = panel.getBoundingClientRect()
  const x = document.dir === 'rtl' ? window.innerWidth - at.x : at.x
  panel.style.setProperty('--x', `${Math.max(8, Math.min(x - width, window.innerWidth - width - 8))}px`)
  panel.style.setProperty('--y', `${Math.max(8, Math.min(at.y, window.innerHeight - height - 8))}px`)
  if (matchMedia('(pointer: fine)').matches) field.focus()
  try {
    all = await loadEmoji()
    draw()
  } catch {
    grid.replaceChildren(h('p', { class: 'p-3 text-meta text-muted' }, words.emoji.notLoaded))
  }
}
