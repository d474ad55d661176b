import { may, type Deed as Right, type Who } from '../../shared/policy.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { openRowMenu, type Corner, type Deed } from './messageMenu.ts'
import { rowTools } from './messageToolbar.ts'
import { h } from '../ui/dom.ts'
import { isolated, timeOfDay } from '../ui/format.ts'
import type { Row } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { pickEmoji } from '../composer/emojiButton.ts'
import type { Parts } from '../app/parts.ts'
import type { Writing } from '../composer/composerModes.ts'
import { words } from '../words/words.ts'

interface Telling {
  note(words: string): void
  /** says why something was refused; `true`: it was not */
  tell(done: true | string): void
}

/** What one can do with a message, by the bar, a menu or the keyboard (U26). */
export function rowActions(
  { store, actions }: Context,
  room: string,
  { messages, write, note, tell }: Pick<Parts, 'messages' | 'write'> & Telling,
  aims: Writing,
  signal: AbortSignal,
): { act(row: HTMLElement): boolean } {
  const tools = rowTools(
    messages.rows,
    {
      can: (element) => kept(element) !== null,
      react(element, button) {
        const { right, bottom } = button.getBoundingClientRect()
        menu(element, { x: right, y: bottom + 4 })
      },
      reply(element) {
        const row = kept(element)
        if (row) aims.reply(row)
      },
      menu,
    },
    signal,
  )

  /** The message of an element that something can be done with: it has its place and its text. */
  function kept(element: HTMLElement): (Row & { id: string; text: string; seq: number }) | null {
    const row = messages.rowOf(element)?.row
    return row && row.id !== null && row.text !== null && row.seq !== null ? (row as never) : null
  }

  function rights(row: Row): (right: Right) => boolean {
    const { self, rooms } = store.get()
    if (self === null || self === 'unknown') return () => false
    const who: Who = { id: self.id, role: rooms[room]?.you?.role ?? self.role }
    return (right) => may(who, right, row.user.id)
  }

  async function copied(text: string, done: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      note(done)
    } catch {
      // Refused, or without https not there.
      write.say(words.message.copyRefused)
    }
  }

  function menu(element: HTMLElement, at: Corner): void {
    const row = kept(element)
    if (row === null) return
    const can = rights(row)
    const { id, text, seq } = row
    const link = `${location.origin}/chat/${room}/${seq}`
    const deeds: (Deed | false)[] = [
      can('send') && { icon: 'reply', words: words.common.reply, press: () => aims.reply(row) },
      {
        icon: 'copy',
        words: words.message.copyText,
        press: () => void copied(text, words.message.textCopied),
      },
      { icon: 'link', words: words.common.copyLink, press: () => void copied(link, words.common.linkCopied) },
      can('pin') && {
        icon: 'pin',
        words: row.pinned ? words.message.unpin : words.message.pin,
        press: () => tell(actions.pin(room, id, !row.pinned)),
      },
      can('edit') && { icon: 'pencil', words: words.common.edit, press: () => aims.edit(row) },
      can('delete') && {
        icon: 'trash',
        words: words.common.delete,
        danger: true,
        press: () => askDelete(row, id),
      },
    ]
    const toggle = (emoji: string) => tell(actions.react(room, id, emoji, !mine.includes(emoji)))
    const mine = row.reactions.filter((one) => one.mine).map(({ emoji }) => emoji)
    openRowMenu(
      words.message.menuOf(isolated(row.user.name), timeOfDay(row.at, store.get().settings.clock)),
      deeds.filter((deed) => deed !== false),
      can('react')
        ? { mine, emoji: toggle, more: () => void pickEmoji(at, toggle, write.say, signal) }
        : null,
      at,
      signal,
    )
  }

  function askDelete(row: Row, id: string): void {
    const close = () => dialog.close()
    const remove = () => {
      close()
      tools.away()
      tell(actions.remove(room, id))
    }
    const dialog = openDialog(
      { title: words.message.deleteTitle },
      signal,
      h('p', { class: 'line-clamp-4 text-muted wrap-anywhere', dir: 'auto' }, row.text ?? ''),
      h('p', {}, words.message.deleteText),
      buttons(
        h('button', { type: 'button', class: 'button-quiet', onClick: close }, words.common.cancel),
        h('button', { type: 'button', class: 'button button-danger', onClick: remove }, words.common.delete),
      ),
    )
  }

  return {
    act(element) {
      if (kept(element) === null) return false
      const { right, left, top } = element.getBoundingClientRect()
      menu(element, { x: document.dir === 'rtl' ? left : right, y: Math.max(top, 64) + 24 })
      return true
    },
  }
}
