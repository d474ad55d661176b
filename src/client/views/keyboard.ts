import type { Composer } from '../components/composer.ts'
import type { MessageList } from '../components/messageList.ts'
import type { Sidebar } from './people.ts'

interface Parts {
  heading: HTMLElement
  messages: MessageList
  side: Sidebar
  write: Composer
}

/** The keys that belong to the page as a whole: F6 goes round its parts, Escape takes away the topmost thing. */
export function keyboard({ heading, messages, side, write }: Parts, signal: AbortSignal): void {
  const round = [
    { holds: heading, focus: () => heading.querySelector<HTMLElement>('button')?.focus() },
    { holds: messages.element, focus: () => messages.focus() },
    { holds: side.element, focus: () => side.focus() },
    { holds: write.element, focus: () => write.focus() },
  ]

  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'F6' && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        const at = round.findIndex(({ holds }) => holds.contains(document.activeElement))
        const step = event.shiftKey ? -1 : 1
        round.at((Math.max(at, event.shiftKey ? 0 : -1) + step) % round.length)?.focus()
        return
      }
      // A dialog or an open menu has its own Escape, and takes it first.
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
      if (document.querySelector('dialog[open], [popover]:popover-open')) return
      if (!side.close()) messages.toEnd()
    },
    { signal },
  )
}

/** T5: the height is never set from here; an iPhone's keyboard covers the page, and `--kb` says how much of it. */
export function keyboardSpace(shell: HTMLElement, signal: AbortSignal): void {
  const view = window.visualViewport
  if (!view) return
  const measure = () => {
    const covered = Math.max(0, Math.round(window.innerHeight - view.height - view.offsetTop))
    // Zoomed in with two fingers, the view is small without any keyboard.
    shell.style.setProperty('--kb', view.scale > 1.01 ? '0px' : `${covered}px`)
  }
  view.addEventListener('resize', measure, { signal })
  view.addEventListener('scroll', measure, { signal })
}
