import type { Reaction } from '../../../shared/model.ts'
import { may, type Actor, type Permission } from '../../../shared/policy.ts'
import { copyText } from '../../ui/transfer/copyText.ts'
import { childController } from '../../ui/dom.ts'
import { pickEmoji } from '../../ui/emoji/pickEmoji.ts'
import { nameOf } from '../../ui/avatar.ts'
import { dayLabel, isolated, timeOfDay } from '../../ui/format.ts'
import { roomAddress } from '../../state/roomName.ts'
import { selfOf, type Row } from '../../state/state.ts'
import type { Context } from '../../app/context.ts'
import type { MessageList } from '../messageList.ts'
import { longPress } from './longPress.ts'
import { openPopover, placePopover } from '../../ui/popover.ts'
import { openMenu } from '../loadMenu.ts'
import type { MenuOpening, MessageMenuEntry } from '../menu/messageMenu.ts'
import { messageToolbar, QUICK } from './messageToolbar.ts'
import { namesOf } from './reactionChips.ts'
import { words } from '../../words/words.ts'

/** A message that the server has stored and nobody has deleted: only such a message offers actions. */
type StoredRow = Row & { id: string; text: string; seq: number }

interface PermittedEntry extends MessageMenuEntry {
  /** offered only to people who may do this; everybody may copy */
  needs?: Permission
}

export interface MessageActionEvents {
  reply(row: Row): void
  edit(row: Row): void
  markUnread(seq: number): void
  /** Confirms what was done. */
  say(message: string): void
  /** Says why something was not done. */
  fault(message: string): void
}

/** The actions on a message, by toolbar, menu and keyboard (U26). */
export function messageActions(
  { store, actions, emojiMemory }: Context,
  room: string,
  messages: Pick<MessageList, 'rows' | 'rowOf'>,
  on: MessageActionEvents,
  signal: AbortSignal,
) {
  const toolbar = messageToolbar(
    messages.rows,
    {
      can: (element) => storedRowOf(element) !== null,
      reply(element) {
        const row = storedRowOf(element)
        if (row) on.reply(row)
      },
      react(element, emoji) {
        const row = storedRowOf(element)
        if (row) toggle(row, emoji)
      },
      pick(element, at) {
        const row = storedRowOf(element)
        if (row) void pickEmoji(at, emojiMemory, (emoji) => toggle(row, emoji), on.fault, signal)
      },
      menu: openActions,
    },
    signal,
  )
  longPress(
    messages.rows,
    (target, at) => {
      const element = target.closest<HTMLElement>('.message')
      if (element === null || storedRowOf(element) === null) return false
      openActions(element, { at, by: 'touch' })
      return true
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

  function toggle({ id, reactions }: StoredRow, emoji: string): void {
    const isMine = reactions.some((reaction) => reaction.mine && reaction.emoji === emoji)
    reportFailure(on, actions.react(room, id, emoji, !isMine))
  }

  function entriesFor(
    row: StoredRow,
    element: HTMLElement,
    can: (permission: Permission) => boolean,
  ): MessageMenuEntry[] {
    const { id, text, seq, own, pinned, reactions } = row
    const { message, common } = words
    const link = location.origin + roomAddress(store.get(), room, seq)
    const pin = () => reportFailure(on, actions.pin(room, id, !pinned))
    const select = () => selectText(element, signal)
    const entries: (PermittedEntry | false)[] = [
      { needs: 'send', icon: 'reply', label: common.reply, press: () => on.reply(row) },
      { icon: 'copy', label: message.copyText, press: () => void copy(text, message.textCopied) },
      matchMedia('(pointer: coarse)').matches && { icon: 'text', label: message.selectText, press: select },
      { icon: 'link', label: common.copyLink, press: () => void copy(link, common.linkCopied) },
      !own && { icon: 'unread', label: message.markUnread, press: () => on.markUnread(seq) },
      { needs: 'pin', icon: 'pin', label: pinned ? message.unpin : message.pin, press: pin },
      reactions.length > 0 && {
        icon: 'smile',
        label: message.whoReacted,
        press: () => whoReacted(reactions),
      },
      { needs: 'edit', icon: 'pencil', label: common.edit, press: () => on.edit(row) },
      { needs: 'delete', icon: 'trash', label: common.delete, danger: true, press: () => askDelete(row) },
    ]
    return entries.filter((entry) => entry !== false).filter(({ needs }) => needs === undefined || can(needs))
  }

  /** What I may do. @param author of the message that it is done to, if any */
  function permissionsFor(author: string | null): (permission: Permission) => boolean {
    const self = selfOf(store.get())
    const actor: Actor | null = self && { id: self.id, role: store.get().rooms[room]?.you?.role ?? self.role }
    return (permission) => actor !== null && may(actor, permission, author ?? undefined)
  }

  function openActions(element: HTMLElement, opening: MenuOpening): void {
    const row = storedRowOf(element)
    const { settings } = store.get()
    if (row === null) return
    const can = permissionsFor(row.user.id)
    const mine = row.reactions.filter((reaction) => reaction.mine).map(({ emoji }) => emoji)
    const more = () =>
      void pickEmoji(opening.at, emojiMemory, (emoji) => toggle(row, emoji), on.fault, signal)
    const react = { quick: QUICK, mine, toggle: (emoji: string) => toggle(row, emoji), more }
    // The row stays tinted while the pointer is in its menu.
    const open: Parameters<typeof openMenu>[0] = ({ openMessageMenu }) => {
      const label = words.message.menuOf(isolated(row.user.name), timeOfDay(row.at, settings.clock))
      const entries = entriesFor(row, element, can)
      const popovers = { openPopover, placePopover }
      const menu = openMessageMenu(label, entries, can('react') ? react : null, opening, popovers, signal)
      element.toggleAttribute('data-active', true)
      menu.signal.addEventListener('abort', () => element.removeAttribute('data-active'), { once: true })
    }
    void openMenu(open, on.fault, signal)
  }

  function whoReacted(reactions: readonly Reaction[]): void {
    const rows = reactions.map((reaction) => ({ ...reaction, names: namesOf(reaction) }))
    void openMenu((chunk) => chunk.openReactionsDialog(rows, signal), on.fault, signal)
  }

  function askDelete({ id, text }: StoredRow): void {
    const remove = () => {
      toolbar.remove()
      reportFailure(on, actions.remove(room, id))
    }
    void openMenu((chunk) => chunk.confirmDelete(text, remove, signal), on.fault, signal)
  }

  return {
    /** Opens the menu of a row, by the keyboard. @returns false if the row has no actions */
    open(element: HTMLElement): boolean {
      if (storedRowOf(element) === null) return false
      const { right, left, top } = element.getBoundingClientRect()
      const at = { x: document.dir === 'rtl' ? left : right, y: Math.max(top, 64) + 24 }
      openActions(element, { at, by: 'keys' })
      return true
    },
    /** Lists the pinned messages. @param jump goes to one of them */
    showPins(jump: (seq: number) => void): void {
      const { rooms, settings } = store.get()
      const can = permissionsFor(null)
      const pins = rooms[room]?.pins?.filter(isStored).map(({ id, seq, user, at, text }) => ({
        author: nameOf(user),
        when: `${dayLabel(at, Date.now())}, ${timeOfDay(at, settings.clock)}`,
        text: text.trim(),
        jump: () => jump(seq),
        unpin: can('pin') ? () => reportFailure(on, actions.pin(room, id, false)) : null,
      }))
      if (pins) void openMenu((chunk) => chunk.openPinsDialog(pins, signal), on.fault, signal)
    },
    /** The rows were drawn again: the one under the pointer may have become a stored message. */
    drawn: toolbar.drawn,
  }
}

/** Says why an action was refused; says nothing if it was done. @returns whether it was done */
export function reportFailure(on: Pick<MessageActionEvents, 'fault'>, result: true | string): boolean {
  if (result !== true) on.fault(result)
  return result === true
}

function isStored(row: Row): row is StoredRow {
  return row.id !== null && row.text !== null && row.seq !== null
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
