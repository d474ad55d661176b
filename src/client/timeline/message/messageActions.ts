import { may, type Actor, type Permission } from '../../../shared/policy.ts'
import { buttons, openDialog } from '../../ui/dialog.ts'
import { h } from '../../ui/dom.ts'
import { pickEmoji } from '../../ui/emoji/pickEmoji.ts'
import { isolated, timeOfDay } from '../../ui/format.ts'
import type { WindowPoint } from '../../ui/popover.ts'
import { selfOf, type Row } from '../../state/state.ts'
import type { Context } from '../../app/context.ts'
import type { MessageList } from '../messageList.ts'
import { openMessageMenu, type MessageMenuEntry } from './messageMenu.ts'
import { messageToolbar } from './messageToolbar.ts'
import { words } from '../../words/words.ts'

/** A message the server has, with its text: something can be done with it. */
type StoredRow = Row & { id: string; text: string; seq: number }

export interface MessageActionEvents {
  reply(row: Row): void
  edit(row: Row): void
  /** Says that something was done. */
  say(message: string): void
  /** Says why something was not done. */
  fault(message: string): void
}

/** What one can do with a message, by the bar, a menu or the keyboard (U26). */
export function messageActions(
  { store, actions }: Context,
  room: string,
  messages: Pick<MessageList, 'rows' | 'rowOf'>,
  on: MessageActionEvents,
  signal: AbortSignal,
): { act(row: HTMLElement): boolean } {
  const toolbar = messageToolbar(
    messages.rows,
    {
      can: (element) => storedRowOf(element) !== null,
      react(element, button) {
        const { right, bottom } = button.getBoundingClientRect()
        menu(element, { x: right, y: bottom + 4 })
      },
      reply(element) {
        const row = storedRowOf(element)
        if (row) on.reply(row)
      },
      menu,
    },
    signal,
  )

  function storedRowOf(element: HTMLElement): StoredRow | null {
    const row = messages.rowOf(element)?.row
    return row && isStored(row) ? row : null
  }

  function permissions(row: Row): (permission: Permission) => boolean {
    const { rooms } = store.get()
    const self = selfOf(store.get())
    if (self === null) return () => false
    const actor: Actor = { id: self.id, role: rooms[room]?.you?.role ?? self.role }
    return (permission) => may(actor, permission, row.user.id)
  }

  async function copied(text: string, done: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      on.say(done)
    } catch {
      // Refused, or without https not there.
      on.fault(words.message.copyRefused)
    }
  }

  function menu(element: HTMLElement, at: WindowPoint): void {
    const row = storedRowOf(element)
    if (row === null) return
    const can = permissions(row)
    const { id, text, seq } = row
    const link = `${location.origin}/chat/${room}/${seq}`
    const entries: (MessageMenuEntry | false)[] = [
      can('send') && { icon: 'reply', label: words.common.reply, press: () => on.reply(row) },
      {
        icon: 'copy',
        label: words.message.copyText,
        press: () => void copied(text, words.message.textCopied),
      },
      { icon: 'link', label: words.common.copyLink, press: () => void copied(link, words.common.linkCopied) },
      can('pin') && {
        icon: 'pin',
        label: row.pinned ? words.message.unpin : words.message.pin,
        press: () => reportFailure(on, actions.pin(room, id, !row.pinned)),
      },
      can('edit') && { icon: 'pencil', label: words.common.edit, press: () => on.edit(row) },
      can('delete') && {
        icon: 'trash',
        label: words.common.delete,
        danger: true,
        press: () => askDelete(row, id),
      },
    ]
    const toggle = (emoji: string) => reportFailure(on, actions.react(room, id, emoji, !mine.includes(emoji)))
    const mine = row.reactions.filter((reaction) => reaction.mine).map(({ emoji }) => emoji)
    openMessageMenu(
      words.message.menuOf(isolated(row.user.name), timeOfDay(row.at, store.get().settings.clock)),
      entries.filter((entry) => entry !== false),
      can('react') ? { mine, emoji: toggle, more: () => void pickEmoji(at, toggle, on.fault, signal) } : null,
      at,
      signal,
    )
  }

  function askDelete(row: Row, id: string): void {
    openDialog({ title: words.message.deleteTitle }, signal, (dialog) => {
      const remove = () => {
        dialog.close()
        toolbar.away()
        reportFailure(on, actions.remove(room, id))
      }
      return [
        h('p', { class: 'line-clamp-4 text-muted wrap-anywhere', dir: 'auto' }, row.text ?? ''),
        h('p', {}, words.message.deleteText),
        buttons(
          h('button', { type: 'button', class: 'button-quiet', onClick: dialog.close }, words.common.cancel),
          h(
            'button',
            { type: 'button', class: 'button button-danger', onClick: remove },
            words.common.delete,
          ),
        ),
      ]
    })
  }

  return {
    act(element) {
      if (storedRowOf(element) === null) return false
      const { right, left, top } = element.getBoundingClientRect()
      menu(element, { x: document.dir === 'rtl' ? left : right, y: Math.max(top, 64) + 24 })
      return true
    },
  }
}

/** Says why an action was refused; says nothing if it was done. */
export function reportFailure(on: Pick<MessageActionEvents, 'fault'>, result: true | string): void {
  if (result !== true) on.fault(result)
}

function isStored(row: Row): row is StoredRow {
  return row.id !== null && row.text !== null && row.seq !== null
}
