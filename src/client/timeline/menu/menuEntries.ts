import type { Permission } from '../../../shared/policy.ts'
import type { Row } from '../../state/state.ts'
import { childController } from '../../ui/dom.ts'
import { icon, iconOf } from '../../ui/icons.ts'
import { words } from '../../words/words.ts'
import { confirmDelete } from './messageDialogs.ts'
import type { MessageMenuEntry } from './messageMenu.ts'

/** Icons that only this menu shows. */
const PATHS = {
  copy: 'M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4',
  text: 'M7 3.5h6M7 16.5h6M10 3.5v13',
  trash: 'M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5',
}

/** A stored message that is not deleted: only such a message offers actions. */
export type StoredRow = Row & { id: string; text: string; seq: number }

interface PermittedEntry extends MessageMenuEntry {
  /** offered only to people who may do this; everybody may copy */
  needs?: Permission
}

export interface MenuEntryEvents {
  can(permission: Permission): boolean
  reply(): void
  /** @param done says that it was copied */
  copy(text: string, done: string): void
  markUnread(): void
  pin(on: boolean): void
  edit(): void
  remove(): void
  showReactions(): void
}

/** What the menu of a message offers. @param link leads to the message */
export function menuEntries(
  { text, own, pinned, reactions }: StoredRow,
  { element, link }: { element: HTMLElement; link: string },
  on: MenuEntryEvents,
  signal: AbortSignal,
): MessageMenuEntry[] {
  const { messageMenu: menu, common } = words
  const ask = () => confirmDelete(text, on.remove, signal)
  const select = () => selectText(element, signal)
  const entries: (PermittedEntry | false)[] = [
    { needs: 'send', icon: iconOf('reply'), label: common.reply, press: on.reply },
    { icon: icon(PATHS.copy), label: menu.copyText, press: () => on.copy(text, menu.textCopied) },
    matchMedia('(pointer: coarse)').matches && {
      icon: icon(PATHS.text),
      label: menu.selectText,
      press: select,
    },
    { icon: iconOf('link'), label: common.copyLink, press: () => on.copy(link, common.linkCopied) },
    !own && { icon: iconOf('unread'), label: menu.markUnread, press: on.markUnread },
    {
      needs: 'pin',
      icon: iconOf('pin'),
      label: pinned ? menu.unpin : menu.pin,
      press: () => on.pin(!pinned),
    },
    reactions.length > 0 && {
      icon: iconOf('smile'),
      label: menu.whoReacted,
      press: on.showReactions,
    },
    { needs: 'edit', icon: iconOf('pencil'), label: common.edit, press: on.edit },
    { needs: 'delete', icon: icon(PATHS.trash), label: common.delete, danger: true, press: ask },
  ]
  return entries
    .filter((entry) => entry !== false)
    .filter(({ needs }) => needs === undefined || on.can(needs))
}

/** On touch, a row takes a long press for its menu. Here it gives its text back to the browser until nothing is selected. */
function selectText(element: HTMLElement, parent: AbortSignal): void {
  const text = element.querySelector('.text')
  const selection = document.getSelection()
  if (text === null || selection === null) return
  const lifetime = childController(parent)
  const { signal } = lifetime
  element.toggleAttribute('data-selectable', true)
  selection.selectAllChildren(text)
  signal.addEventListener('abort', () => element.removeAttribute('data-selectable'))
  document.addEventListener('selectionchange', () => selection.isCollapsed && lifetime.abort(), { signal })
}
