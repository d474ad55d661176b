import { may, type Actor, type Permission } from '../../../shared/policy.ts'
import { buttons, openDialog } from '../../ui/dialog.ts'
import { copyText } from '../../ui/transfer/copyText.ts'
import { button, h } from '../../ui/dom.ts'
import { pickEmoji } from '../../ui/emoji/pickEmoji.ts'
import { isolated, timeOfDay } from '../../ui/format.ts'
import { iconOf } from '../../ui/icons.ts'
import type { MenuEntry } from '../../ui/menu.ts'
import { openPopover, placePopover, type WindowPoint } from '../../ui/popover.ts'
import { selfOf, type Row } from '../../state/state.ts'
import type { Context } from '../../app/context.ts'
import type { MessageList } from '../messageList.ts'
import { messageToolbar } from './messageToolbar.ts'
import { words } from '../../words/words.ts'

/** A message that the server has stored and nobody has deleted: only such a message offers actions. */
type StoredRow = Row & { id: string; text: string; seq: number }

interface MessageMenuEntry extends MenuEntry {
  /** offered only to people who may do this; everybody may copy */
  needs?: Permission
  /** drawn in the colour of danger */
  danger?: boolean
}

/** The emoji that the menu itself offers; the picker has all. */
const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '😢']

export interface MessageActionEvents {
  reply(row: Row): void
  edit(row: Row): void
  /** Confirms what was done. */
  say(message: string): void
  /** Says why something was not done. */
  fault(message: string): void
}

/**
 * The actions on a message, by toolbar, menu and keyboard (U26).
 * @returns a function that opens the menu of a row; false if the row has no actions
 */
export function messageActions(
  { store, actions }: Context,
  room: string,
  messages: Pick<MessageList, 'rows' | 'rowOf'>,
  on: MessageActionEvents,
  signal: AbortSignal,
): (element: HTMLElement) => boolean {
  const removeToolbar = messageToolbar(
    messages.rows,
    {
      can: (element) => storedRowOf(element) !== null,
      reply(element) {
        const row = storedRowOf(element)
        if (row) on.reply(row)
      },
      menu: openMenu,
    },
    signal,
  )

  function storedRowOf(element: HTMLElement): StoredRow | null {
    const row = messages.rowOf(element)
    return row && isStored(row) ? row : null
  }

  async function copy(text: string, done: string): Promise<void> {
    try {
      await copyText(text)
      on.say(done)
    } catch {
      on.fault(words.message.copyRefused)
    }
  }

  function entriesFor(row: StoredRow, can: (permission: Permission) => boolean): MessageMenuEntry[] {
    const { id, text, seq, pinned } = row
    const { message, common } = words
    const link = `${location.origin}/chat/${room}/${seq}`
    const pin = () => reportFailure(on, actions.pin(room, id, !pinned))
    const entries: MessageMenuEntry[] = [
      { needs: 'send', icon: 'reply', label: common.reply, press: () => on.reply(row) },
      { icon: 'copy', label: message.copyText, press: () => void copy(text, message.textCopied) },
      { icon: 'link', label: common.copyLink, press: () => void copy(link, common.linkCopied) },
      { needs: 'pin', icon: 'pin', label: pinned ? message.unpin : message.pin, press: pin },
      { needs: 'edit', icon: 'pencil', label: common.edit, press: () => on.edit(row) },
      { needs: 'delete', icon: 'trash', label: common.delete, danger: true, press: () => askDelete(row) },
    ]
    return entries.filter(({ needs }) => needs === undefined || can(needs))
  }

  function openMenu(element: HTMLElement, at: WindowPoint): void {
    const row = storedRowOf(element)
    const { rooms, settings } = store.get()
    const self = selfOf(store.get())
    if (row === null) return
    const actor: Actor | null = self && { id: self.id, role: rooms[room]?.you?.role ?? self.role }
    const can = (permission: Permission) => actor !== null && may(actor, permission, row.user.id)
    const mine = row.reactions.filter((reaction) => reaction.mine).map(({ emoji }) => emoji)
    const toggle = (emoji: string) =>
      reportFailure(on, actions.react(room, row.id, emoji, !mine.includes(emoji)))
    const more = () => void pickEmoji(at, toggle, on.fault, signal)
    openMessageMenu(
      words.message.menuOf(isolated(row.user.name), timeOfDay(row.at, settings.clock)),
      entriesFor(row, can),
      can('react') ? { mine, toggle, more } : null,
      at,
      signal,
    )
  }

  function askDelete({ id, text }: StoredRow): void {
    openDialog({ title: words.message.deleteTitle }, signal, (dialog) => {
      const remove = () => {
        dialog.close()
        removeToolbar()
        reportFailure(on, actions.remove(room, id))
      }
      const { cancel, delete: confirm } = words.common
      return [
        h('p', { class: 'line-clamp-4 text-muted wrap-anywhere', dir: 'auto' }, text),
        h('p', {}, words.message.deleteText),
        buttons(button(cancel, dialog.close), button(confirm, remove, { class: 'button button-danger' })),
      ]
    })
  }

  return (element) => {
    if (storedRowOf(element) === null) return false
    const { right, left, top } = element.getBoundingClientRect()
    openMenu(element, { x: document.dir === 'rtl' ? left : right, y: Math.max(top, 64) + 24 })
    return true
  }
}

/** Says why an action was refused; says nothing if it was done. */
export function reportFailure(on: Pick<MessageActionEvents, 'fault'>, result: true | string): void {
  if (result !== true) on.fault(result)
}

function isStored(row: Row): row is StoredRow {
  return row.id !== null && row.text !== null && row.seq !== null
}

/**
 * Opens the menu of one message as a native popover, on a phone a sheet at the lower edge. The arrow keys move in it; when it
 * closes, the focus returns to where it was.
 * @param react null where reacting is not allowed
 */
export function openMessageMenu(
  label: string,
  actions: readonly MessageMenuEntry[],
  react: { toggle(emoji: string): void; more(): void; mine: readonly string[] } | null,
  at: WindowPoint,
  signal: AbortSignal,
): void {
  const before = document.activeElement
  // The row, not the toolbar's button that had the focus: the toolbar leaves with the pointer (A10).
  const returnTo = before?.closest('.message') ?? before

  function returnFocus(): void {
    const active = document.activeElement
    const isFree = active === before || active === document.body
    if (isFree && !signal.aborted && returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true })
  }

  const item = (content: Parameters<typeof button>[0], press: () => void, attributes: object) => {
    const choose = () => {
      popover.close()
      press()
    }
    return button(content, choose, { role: 'menuitem', tabindex: -1, ...attributes })
  }
  const quick: HTMLButtonElement[] = []
  if (react !== null) {
    const { reactWith, reactWithAnother } = words.message
    for (const emoji of QUICK) {
      const checked = { role: 'menuitemcheckbox', 'aria-checked': String(react.mine.includes(emoji)) }
      const name = { class: 'quick', 'aria-label': reactWith(emoji) }
      quick.push(item(emoji, () => react.toggle(emoji), { ...name, ...checked }))
    }
    quick.push(item(iconOf('plus'), react.more, { class: 'quick', 'aria-label': reactWithAnother }))
  }
  const entries = actions.map(({ icon, label: text, danger, press }) =>
    item([iconOf(icon), text], press, { class: `row-button${danger ? ' text-danger' : ''}` }),
  )
  const group = { role: 'group', 'aria-label': words.message.react }
  const quickRow = h(
    'div',
    { class: 'flex justify-between pb-2 mb-2 border-b border-line', ...group },
    ...quick,
  )
  const attributes = { class: 'menu row-menu', popover: 'auto', role: 'menu', 'aria-label': label }
  const panel = h('div', attributes, react !== null && quickRow, ...entries)
  const items = [...quick, ...entries]

  panel.addEventListener('keydown', (event) => {
    const index = items.findIndex((button) => button === document.activeElement)
    const isQuick = index < quick.length
    const next = {
      ArrowDown: isQuick ? quick.length : index + 1,
      ArrowUp: index > quick.length ? index - 1 : isQuick ? -1 : Math.max(0, index - quick.length),
      ArrowRight: isQuick ? index + 1 : index,
      ArrowLeft: isQuick ? index - 1 : index,
      Home: 0,
      End: -1,
      Tab: index + (event.shiftKey ? -1 : 1),
    }[event.key]
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    items.at(next % items.length)?.focus()
  })
  const popover = openPopover(panel, signal)
  popover.signal.addEventListener('abort', returnFocus)
  placePopover(panel, at)
  items[0]?.focus()
}
