import { may, type Actor, type Permission } from '../../../shared/policy.ts'
import { copyText } from '../../ui/transfer/copyText.ts'
import { pickEmoji } from '../../ui/emoji/pickEmoji.ts'
import { nameOf } from '../../ui/avatar.ts'
import { dayLabel, isolated, timeOfDay } from '../../ui/format.ts'
import { roomAddress } from '../../state/roomName.ts'
import { selfOf, type Row } from '../../state/state.ts'
import type { Context } from '../../app/context.ts'
import { plainText } from '../formatText.ts'
import type { MessageList } from '../messageList.ts'
import { longPress } from './longPress.ts'
import { openMenu } from '../loadMenu.ts'
import type { StoredRow } from '../menu/menuEntries.ts'
import type { MenuOpening } from '../menu/messageMenu.ts'
import { messageToolbar, QUICK } from './messageToolbar.ts'
import { namesOf } from './reactionChips.ts'
import { words } from '../../words/words.ts'

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
      const row = element && storedRowOf(element)
      if (element === null || row === null) return false
      if (target.closest('.chip')) showReactions(row)
      else openActions(element, { at, by: 'touch' })
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

  /** What I may do. @param author of the message that it is done to, if any */
  function permissionsFor(author: string | null): (permission: Permission) => boolean {
    const self = selfOf(store.get())
    const actor: Actor | null = self && { id: self.id, role: store.get().rooms[room]?.you?.role ?? self.role }
    return (permission) => actor !== null && may(actor, permission, author ?? undefined)
  }

  function showReactions({ reactions }: StoredRow): void {
    const named = reactions.map((reaction) => ({ ...reaction, names: namesOf(reaction) }))
    void openMenu((chunk) => chunk.openReactionsDialog(named, signal), on.fault, signal)
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
    const entryEvents = {
      can,
      copy: (text: string, done: string) => void copy(text, done),
      reply: () => on.reply(row),
      edit: () => on.edit(row),
      markUnread: () => on.markUnread(row.seq),
      pin: (isOn: boolean) => reportFailure(on, actions.pin(room, row.id, isOn)),
      remove() {
        toolbar.remove()
        reportFailure(on, actions.remove(room, row.id))
      },
      showReactions: () => showReactions(row),
    }
    const open: Parameters<typeof openMenu>[0] = ({ openMessageMenu, menuEntries }) => {
      const label = words.message.menuOf(isolated(row.user.name), timeOfDay(row.at, settings.clock))
      const link = location.origin + roomAddress(store.get(), room, row.seq)
      const entries = menuEntries(row, { element, link }, entryEvents, signal)
      const menu = openMessageMenu(label, entries, can('react') ? react : null, opening, signal)
      // The row stays tinted while the pointer is in its menu.
      element.toggleAttribute('data-active', true)
      menu.signal.addEventListener('abort', () => element.removeAttribute('data-active'))
    }
    void openMenu(open, on.fault, signal)
  }

  return {
    /** Opens the menu of a row, by the keyboard. @returns false if the row has no actions */
    open(element: HTMLElement): boolean {
      if (storedRowOf(element) === null) return false
      const { right, left, top } = element.getBoundingClientRect()
      // px: below the first line of the row, and below the header, which is 64 high.
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
        text: plainText(text, '').trim(),
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
