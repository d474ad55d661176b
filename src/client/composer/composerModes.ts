import { iconOf } from '../ui/icons.ts'
import { h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import { lastOwn, rowById } from '../state/rows.ts'
import type { Row } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import type { Parts } from '../app/parts.ts'

/** What the composer is about to do besides saying something new. */
type Aim = { kind: 'reply'; id: string } | { kind: 'edit'; id: string; before: string }

export interface Writing {
  reply(row: Row): void
  edit(row: Row): void
  send(text: string): true | string
  key(event: KeyboardEvent): boolean
  /** Escape: true, if there was something to end. */
  end(): boolean
  /** Is what stands in the composer a draft? Not while a message is edited. */
  drafts(): boolean
}

/** Replies and edits are written where all else is (U23, U24, U36). */
export function writing(
  { store, actions }: Context,
  room: string,
  {
    write,
    above,
    messages,
    command,
    given,
  }: Pick<Parts, 'write' | 'above' | 'messages' | 'command' | 'given'>,
): Writing {
  let aim: Aim | null = null

  const find = (id: string) => {
    const state = store.get().rooms[room]
    return state === undefined ? null : rowById(state, id)
  }

  function take(next: Aim | null, words: string): void {
    if (aim?.kind === 'edit') write.fill(aim.before)
    aim = next
    above.replaceChildren()
    if (next === null) return
    const cancel = h('button', {
      type: 'button',
      class: 'button-icon',
      'aria-label': next.kind === 'edit' ? 'Do not change it' : 'Do not reply',
      onClick: () => {
        end()
        write.focus()
      },
    })
    cancel.append(iconOf('close'))
    above.append(h('div', { class: 'aim' }, h('span', { class: 'truncate', dir: 'auto' }, words), cancel))
    write.say('')
    write.focus()
  }

  function end(): boolean {
    if (aim === null) return false
    take(null, '')
    return true
  }

  function edit(row: Row): void {
    if (row.id === null || row.text === null) return
    const before = aim?.kind === 'edit' ? aim.before : write.text()
    aim = null
    take({ kind: 'edit', id: row.id, before }, 'Change your message')
    write.fill(row.text)
  }

  function sendEdit(id: string, text: string): true | string {
    const row = find(id)
    if (row !== null && row.text === null)
      return 'This message was deleted meanwhile. Escape ends the change.'
    const done = row?.text === text || actions.edit(room, id, text)
    if (done !== true) return done
    const before = aim?.kind === 'edit' ? aim.before : ''
    aim = null
    above.replaceChildren()
    // The composer empties itself for what was sent; the draft that waited comes back after it.
    queueMicrotask(() => write.fill(before))
    return true
  }

  return {
    edit,
    reply(row) {
      if (row.id === null || row.text === null) return
      const first = row.text.trim().split('\n', 1)[0] ?? ''
      take({ kind: 'reply', id: row.id }, `Reply to ${isolated(row.user.name)}: ${first}`)
    },
    send(text) {
      if (aim?.kind === 'edit') return sendEdit(aim.id, text)
      const said = given.spoken(text)
      if (said === null) return command(text)
      const to = aim?.id
      if (to !== undefined && find(to)?.text === null) {
        end()
        return 'The message you reply to was deleted. Send again to say it all the same.'
      }
      const taken = actions.send(room, said, to)
      if (taken === true) end()
      messages.toEnd()
      return taken
    },
    key(event) {
      if (event.key === 'Escape' && !event.shiftKey && aim !== null) {
        event.preventDefault()
        event.stopPropagation()
        return end()
      }
      const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
      if (
        event.key !== 'ArrowUp' ||
        !plain ||
        write.text() !== '' ||
        aim !== null ||
        messages.place() !== null
      )
        return false
      const state = store.get().rooms[room]
      const mine = state === undefined || state.historyWindow !== null ? null : lastOwn(state)
      if (mine === null) return false
      event.preventDefault()
      edit(mine)
      return true
    },
    end,
    drafts: () => aim?.kind !== 'edit',
  }
}
