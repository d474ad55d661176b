import { button, h } from '../dom.ts'
import { inTone, type EmojiEntry } from './emoji.ts'

/** A heading with the emoji below it. `name`: the category's, to scroll to it. */
export interface EmojiSection {
  name: string
  title: string
  entries: readonly EmojiEntry[]
}

/**
 * Sections of emoji in one scrolling grid, which is one Tab stop: arrow keys move in it.
 * @param on.name the name of the emoji under the pointer or the focus; null: of none
 * @param on.leave the arrow keys lead out at the top
 * @param on.scrolled the section at the top
 */
export function emojiGrid(on: {
  pick(emoji: string): void
  name(entry: EmojiEntry | null): void
  leave(): void
  scrolled(section: string): void
}) {
  const element = h('div', {
    class: 'emoji-list',
    onKeydown: moveFocus,
    onPointerover: showName,
    onPointerleave: showName,
    onFocusin: showName,
    onScroll: () => on.scrolled(topSection()),
  })
  let shown = new Map<Element, EmojiEntry>()

  const buttons = () => [...element.querySelectorAll('button')]

  function topSection(): string {
    const sections = [...element.children] as HTMLElement[]
    const top = element.scrollTop + 1
    return sections.findLast((section) => section.offsetTop <= top)?.dataset['name'] ?? ''
  }

  /** The emoji under the pointer, else the focused one. */
  function showName({ target, type }: Event): void {
    const pointed = type === 'pointerleave' ? null : (target as Element)
    const entryOf = (cell: Element | null) => (cell === null ? undefined : shown.get(cell))
    on.name(entryOf(pointed) ?? entryOf(document.activeElement) ?? null)
  }

  function moveFocus(event: KeyboardEvent): void {
    const all = buttons()
    const current = all.findIndex((candidate) => candidate === document.activeElement)
    const isRtl = getComputedStyle(element).direction === 'rtl'
    // prettier-ignore
    const next = {
      ArrowRight: current + (isRtl ? -1 : 1), ArrowLeft: current + (isRtl ? 1 : -1),
      ArrowDown: inNextRow(all, current, 1), ArrowUp: inNextRow(all, current, -1),
      Home: 0, End: all.length - 1,
    }[event.key]
    if (current < 0 || next === undefined) return
    event.preventDefault()
    if (next < 0) return on.leave()
    focusOn(all[Math.min(next, all.length - 1)])
  }

  /** The index of the emoji above or below this one, or of the nearest if that row is shorter. */
  function inNextRow(all: readonly HTMLElement[], from: number, step: 1 | -1): number {
    const start = all[from]?.getBoundingClientRect()
    let found = step < 0 ? -1 : all.length
    let rowTop: number | null = null
    let nearest = Infinity
    for (let at = from + step; start !== undefined && at >= 0 && at < all.length; at += step) {
      const { top = 0, left = 0 } = all[at]?.getBoundingClientRect() ?? {}
      if (Math.abs(top - start.top) < 1) continue
      rowTop ??= top
      if (Math.abs(top - rowTop) > 1) break
      const distance = Math.abs(left - start.left)
      if (distance < nearest) [found, nearest] = [at, distance]
    }
    return found
  }

  function focusOn(target: HTMLElement | undefined): void {
    element.querySelector('[tabindex="0"]')?.setAttribute('tabindex', '-1')
    target?.setAttribute('tabindex', '0')
    target?.focus()
  }

  return {
    element,
    show(sections: readonly EmojiSection[], tone: number): void {
      shown = new Map()
      const drawn = sections.map(({ name, title, entries }) => {
        const cells = entries.map((entry) => {
          const emoji = inTone(entry, tone)
          const label = { 'aria-label': entry.annotation, tabindex: -1, class: 'emoji' }
          const cell = button(emoji, () => on.pick(emoji), label)
          shown.set(cell, entry)
          return cell
        })
        const heading = h('h2', {}, title)
        return h(
          'section',
          { 'aria-label': title, 'data-name': name },
          heading,
          h('div', { class: 'emoji-grid' }, ...cells),
        )
      })
      element.replaceChildren(...drawn)
      element.scrollTop = 0
      element.querySelector('button')?.setAttribute('tabindex', '0')
      on.name(null)
    },
    /** Shows a line in place of emoji. */
    note(text: string): void {
      element.replaceChildren(h('p', { class: 'p-3 text-meta text-muted' }, text))
    },
    scrollTo(section: string): void {
      const target = ([...element.children] as HTMLElement[]).find(
        ({ dataset }) => dataset['name'] === section,
      )
      if (target) element.scrollTop = target.offsetTop
    },
    focusFirst: () => focusOn(buttons()[0]),
    pickFirst: () => buttons()[0]?.click(),
  }
}
