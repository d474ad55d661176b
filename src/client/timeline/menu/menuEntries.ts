import type { Reaction } from '../../../shared/model.ts'
import type { Permission } from '../../../shared/policy.ts'
import type { Row } from '../../state/state.ts'
import { childController } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'
import { confirmDelete, openReactionsDialog } from './messageDialogs.ts'
import type { MessageMenuEntry } from './messageMenu.ts'

/** A message that the server has stored and nobody has deleted: only such a message offers actions. */
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
  /** the names of the people behind a reaction */
  namesOf(reaction: Reaction): string
}

/** What the menu of a message offers. @param link leads to the message */
export function menuEntries(
  { text, own, pinned, reactions }: StoredRow,
  { element, link }: { element: HTMLElement; link: string },
  on: MenuEntryEvents,
  signal: AbortSignal,
): MessageMenuEntry[] {
  const { messageMenu: menu, common } = words
  const named = () => reactions.map((reaction) => ({ ...reaction, names: on.namesOf(reaction) }))
  const ask = () => confirmDelete(text, on.remove, signal)
  const select = () => selectText(element, signal)
  const entries: (PermittedEntry | false)[] = [
    { needs: 'send', icon: 'reply', label: common.reply, press: on.reply },
    { icon: 'copy', label: menu.copyText, press: () => on.copy(text, menu.textCopied) },
    matchMedia('(pointer: coarse)').matches && { icon: 'text', label: menu.selectText, press: select },
    { icon: 'link', label: common.copyLink, press: () => on.copy(link, common.linkCopied) },
    !own && { icon: 'unread', label: menu.markUnread, press: on.markUnread },
    {
      needs: 'pin',
      icon: 'pin',
      label: pinned ? menu.unpin : menu.pin,
      press: () => on.pin(!pinned),
    },
    reactions.length > 0 && {
      icon: 'smile',
      label: menu.whoReacted,
      press: () => openReactionsDialog(named(), signal),
    },
    { needs: 'edit', icon: 'pencil', label: common.edit, press: on.edit },
    { needs: 'delete', icon: 'trash', label: common.delete, danger: true, press: ask },
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
  signal.addEventListener('abort', () => element.removeAttribute('data-selectable'), { once: true })
  document.addEventListener('selectionchange', () => selection.isCollapsed && lifetime.abort(), { signal })
}
