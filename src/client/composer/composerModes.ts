import { iconOf } from '../ui/icons.ts'
import { h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import { lastOwn, rowById } from '../state/rows.ts'
import type { Row } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { messageOf } from './commands.ts'
import type { Composer } from './composer.ts'
import { words } from '../words/words.ts'

/** What the composer does besides sending a new message. */
type ComposerMode = { kind: 'reply'; id: string } | { kind: 'edit'; id: string; before: string }

export interface ComposerModes {
  /** stands above the composer and says what it is about to do */
  readonly element: HTMLElement
  reply(row: Row): void
  edit(row: Row): void
  send(text: string): true | string
  key(event: KeyboardEvent): boolean
  /** Escape: true, if there was something to end. */
  end(): boolean
  /** Is what stands in the composer a draft? Not while a message is edited. */
  isDraft(): boolean
}

export interface ComposerModeEvents {
  /** Does a command that is no message; gives why it was not done. */
  command(text: string): true | string
  /** Shows the newest message: a new one is on its way. */
  toEnd(): void
  /** Is the newest message on screen? Only then ↑ edits my last one. */
  isAtEnd(): boolean
}

/** Replies and edits are written where all else is (U23, U24, U36). */
export function composerModes(
  { store, actions }: Pick<Context, 'store' | 'actions'>,
  room: string,
  composer: Pick<Composer, 'text' | 'fill' | 'say' | 'focus'>,
  on: ComposerModeEvents,
): ComposerModes {
  const element = h('div', {})
  let mode: ComposerMode | null = null

  const find = (id: string) => {
    const state = store.get().rooms[room]
    return state === undefined ? null : rowById(state, id)
  }

  function take(next: ComposerMode | null, label: string): void {
    if (mode?.kind === 'edit') composer.fill(mode.before)
    mode = next
    element.replaceChildren()
    if (next === null) return
    const cancel = h('button', {
      type: 'button',
      class: 'button-icon',
      'aria-label': next.kind === 'edit' ? words.composer.cancelEdit : words.composer.cancelReply,
      onClick: () => {
        end()
        composer.focus()
      },
    })
    cancel.append(iconOf('close'))
    element.append(h('div', { class: 'aim' }, h('span', { class: 'truncate', dir: 'auto' }, label), cancel))
    composer.say('')
    composer.focus()
  }

  function end(): boolean {
    if (mode === null) return false
    take(null, '')
    return true
  }

  function edit(row: Row): void {
    if (row.id === null || row.text === null) return
    const before = mode?.kind === 'edit' ? mode.before : composer.text()
    mode = null
    take({ kind: 'edit', id: row.id, before }, words.composer.editing)
    composer.fill(row.text)
  }

  function sendEdit(id: string, text: string): true | string {
    const row = find(id)
    if (row !== null && row.text === null) return words.composer.editedDeleted
    const done = row?.text === text || actions.edit(room, id, text)
    if (done !== true) return done
    const before = mode?.kind === 'edit' ? mode.before : ''
    mode = null
    element.replaceChildren()
    // The composer empties itself for what was sent; the draft that waited comes back after it.
    queueMicrotask(() => composer.fill(before))
    return true
  }

  return {
    element,
    edit,
    reply(row) {
      if (row.id === null || row.text === null) return
      const first = row.text.trim().split('\n', 1)[0] ?? ''
      take({ kind: 'reply', id: row.id }, words.composer.replyTo(isolated(row.user.name), first))
    },
    send(text) {
      if (mode?.kind === 'edit') return sendEdit(mode.id, text)
      const message = messageOf(text)
      if (message === null) return on.command(text)
      const to = mode?.id
      if (to !== undefined && find(to)?.text === null) {
        end()
        return words.composer.repliedDeleted
      }
      const taken = actions.send(room, message, to)
      if (taken === true) end()
      on.toEnd()
      return taken
    },
    key(event) {
      if (event.key === 'Escape' && !event.shiftKey && mode !== null) {
        event.preventDefault()
        event.stopPropagation()
        return end()
      }
      const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
      if (event.key !== 'ArrowUp' || !plain || composer.text() !== '' || mode !== null || !on.isAtEnd())
        return false
      const state = store.get().rooms[room]
      const mine = state === undefined || state.historyWindow !== null ? null : lastOwn(state)
      if (mine === null) return false
      event.preventDefault()
      edit(mine)
      return true
    },
    end,
    isDraft: () => mode?.kind !== 'edit',
  }
}
