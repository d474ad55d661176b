import { h } from '../../ui/dom.ts'
import { iconOf } from '../../ui/icons.ts'
import type { WindowPoint } from '../../ui/popover.ts'
import { words } from '../../words/words.ts'

/** A press on a finger's width of glass for so long (ms) is not a tap. */
const LONG = 500
/** How far (px) a finger may slip in it. */
const SLIP = 10

export interface MessageToolbar {
  /** Puts the bar away: its row is another one now. */
  away(): void
}

/**
 * The bar at the row under the pointer or with the focus, one for all of them; and the other ways to a row's menu: a right
 * click, a long press (U26). `can` says whether there is anything to do with a row.
 */
export function messageToolbar(
  rows: HTMLElement,
  on: {
    can(row: HTMLElement): boolean
    react(row: HTMLElement, button: HTMLElement): void
    reply(row: HTMLElement): void
    menu(row: HTMLElement, at: WindowPoint): void
  },
  signal: AbortSignal,
): MessageToolbar {
  let row: HTMLElement | null = null
  const press = (
    label: string,
    icon: SVGSVGElement,
    then: (row: HTMLElement, button: HTMLElement) => void,
  ) => {
    const button = h('button', {
      type: 'button',
      class: 'tool',
      'aria-label': label,
      title: label,
      tabindex: -1,
      onClick: () => row && then(row, button),
    })
    button.append(icon)
    return button
  }
  const below = (button: HTMLElement) => {
    const { right, left, bottom } = button.getBoundingClientRect()
    return { x: document.dir === 'rtl' ? left : right, y: bottom + 4 }
  }
  const bar = h(
    'div',
    { class: 'tools', role: 'toolbar', 'aria-label': words.message.toolbar },
    press(words.message.react, iconOf('smile'), (of, button) => on.react(of, button)),
    press(words.common.reply, iconOf('reply'), (of) => on.reply(of)),
    press(words.message.more, iconOf('more'), (of, button) => on.menu(of, below(button))),
  )

  /** A10: the focus does not go with the bar into nothing. */
  function release(): void {
    if (bar.contains(document.activeElement)) row?.focus({ preventScroll: true })
  }

  function show(target: EventTarget | null): void {
    const next = target instanceof Element ? target.closest<HTMLElement>('.message') : null
    if (next === null || next === row) return
    if (!on.can(next)) return away()
    release()
    row = next
    next.append(bar)
  }

  function away(): void {
    release()
    bar.remove()
    row = null
  }

  rows.addEventListener('pointerover', (event) => event.pointerType === 'mouse' && show(event.target), {
    signal,
  })
  rows.addEventListener('focusin', (event) => show(event.target), { signal })
  rows.addEventListener(
    'pointerleave',
    () => {
      if (!row?.contains(document.activeElement)) away()
    },
    { signal },
  )

  let timer: ReturnType<typeof setTimeout> | null = null
  let down = { x: 0, y: 0 }
  let opened = 0
  const cancel = () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  const open = (target: EventTarget | null, at: WindowPoint): boolean => {
    const of = target instanceof Element ? target.closest<HTMLElement>('.message') : null
    if (of === null || !on.can(of)) return false
    on.menu(of, at)
    return true
  }
  rows.addEventListener(
    'pointerdown',
    (event) => {
      cancel()
      if (event.pointerType !== 'touch') return
      down = { x: event.clientX, y: event.clientY }
      timer = setTimeout(() => {
        if (open(event.target, down)) opened = Date.now()
      }, LONG)
    },
    { signal },
  )
  rows.addEventListener(
    'pointermove',
    (event) => {
      if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > SLIP) cancel()
    },
    { signal },
  )
  for (const end of ['pointerup', 'pointercancel'] as const) rows.addEventListener(end, cancel, { signal })
  // What the finger that opened the menu lets go of is not pressed by it.
  rows.addEventListener(
    'click',
    (event) => {
      if (Date.now() - opened > LONG * 2) return
      event.preventDefault()
      event.stopPropagation()
    },
    { signal, capture: true },
  )
  rows.addEventListener(
    'contextmenu',
    (event) => {
      const touch = Date.now() - opened < LONG * 2 || timer !== null
      const theirs =
        event.shiftKey ||
        (event.target as Element).closest('a[href]') ||
        !document.getSelection()?.isCollapsed
      if (!touch && theirs) return
      event.preventDefault()
      cancel()
      // Under the pointer, also within its round corner: where the press and not its end asks for a menu, the end, on
      // nothing of it, would close it again.
      const inward = document.dir === 'rtl' ? 8 : -8
      const at = { x: event.clientX + inward, y: event.clientY - 8 }
      if (Date.now() - opened >= LONG * 2 && open(event.target, at)) opened = touch ? Date.now() : opened
    },
    { signal },
  )
  signal.addEventListener('abort', cancel, { once: true })
  return { away }
}
