import { readItem, webStorage, writeItem } from '../../net/webStorage.ts'
import { iconButton } from '../../ui/icons.ts'
import { words } from '../../words/words.ts'
import type { Context } from '../context.ts'

/** What stands in a panel, and how it is shown. */
interface Panel {
  element: HTMLElement
  /** the first line of `element`: gets the button that closes the drawer */
  head: HTMLElement
  /** opens and closes the panel */
  toggle: HTMLElement
  role: 'navigation' | 'complementary'
  /** the key in localStorage; its value is `closed` or `open` once the person has used `toggle` */
  key: string
  /** px: in a window at least this wide the panel is a column */
  columnFrom: number
}

/**
 * A panel beside the room: a column in a wide window, else a drawer over the room (V13). `data-open` and `data-drawer` of the
 * element tell the style sheet how it is shown.
 */
export function sidePanel(
  { router }: Pick<Context, 'router'>,
  shell: HTMLElement,
  { element, head, toggle, role, key, columnFrom }: Panel,
  signal: AbortSignal,
) {
  const wide = matchMedia(`(min-width: ${columnFrom}px)`)
  const device = webStorage('localStorage')
  let closeLayer: (() => void) | null = null

  const closeButton = iconButton('close', words.common.close, close)
  closeButton.classList.add('drawer-only', 'ms-auto')
  head.append(closeButton)
  element.tabIndex = -1
  toggle.setAttribute('aria-controls', element.id)

  const isOpen = () => element.dataset.open === 'true'

  function draw(open: boolean): void {
    const isModal = open && !wide.matches
    element.dataset.open = String(open)
    element.toggleAttribute('data-drawer', !wide.matches)
    toggle.setAttribute('aria-expanded', String(open))
    for (const part of shell.querySelectorAll<HTMLElement>('.skip, .head, .room-strip, main, .panel'))
      if (part !== element) part.inert = isModal
    element.role = isModal ? 'dialog' : role
    element.ariaModal = isModal ? 'true' : null
  }

  const drawPreference = () => draw(wide.matches && readItem(device, key) !== 'closed')

  function openDrawer(): void {
    if (wide.matches || isOpen()) return
    draw(true)
    writeItem(device, key, 'open')
    closeLayer = router.openLayer(drawerClosed)
    closeButton.focus()
  }

  /** @returns false if no drawer is open */
  function close(): boolean {
    if (closeLayer === null) return false
    // At once: the history entry goes later, and until then what is behind the drawer would take no focus.
    draw(false)
    closeLayer()
    closeLayer = null
    return true
  }

  // Called however the drawer closes: by its button, Escape, Back, or because another room was chosen.
  function drawerClosed(): void {
    closeLayer = null
    const { activeElement } = document
    drawPreference()
    if (!signal.aborted && (activeElement === document.body || element.contains(activeElement)))
      toggle.focus()
  }

  function press(): void {
    if (!wide.matches) {
      if (!close()) openDrawer()
      return
    }
    draw(!isOpen())
    writeItem(device, key, isOpen() ? 'open' : 'closed')
  }

  drawPreference()
  toggle.addEventListener('click', press)
  const onWidth = () => {
    if (!close()) drawPreference()
  }
  wide.addEventListener('change', onWidth, { signal })
  trapFocus(element, signal)

  return {
    openDrawer,
    close,
    focus(): void {
      const stop = element.querySelector<HTMLElement>('.side-scroll [tabindex="0"]')
      ;(stop ?? element).focus()
    },
  }
}

const FOCUSABLE = ':is(a[href], button:not([disabled]), input, [tabindex="0"]):not([tabindex="-1"])'

/** Keeps Tab inside the open drawer: `inert` keeps the focus off the page, but not out of the browser's own bars (A26). */
function trapFocus(drawer: HTMLElement, signal: AbortSignal): void {
  const wrap = (event: KeyboardEvent) => {
    if (event.key !== 'Tab' || drawer.getAttribute('aria-modal') !== 'true') return
    const stops = [...drawer.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((stop) =>
      stop.checkVisibility(),
    )
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]]
    if (document.activeElement !== from && document.activeElement !== drawer) return
    event.preventDefault()
    to?.focus()
  }
  drawer.addEventListener('keydown', wrap, { signal })
}
