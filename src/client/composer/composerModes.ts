import { iconButton } from '../ui/icons.ts'
import { h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import { lastOwn, rowById } from '../state/rows.ts'
import type { Row } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { commandOf, messageOf } from './commands.ts'
import type { Composer } from './composer.ts'
import { words } from '../words/words.ts'

/** `draft` is the text to restore after an edit. */
type ComposerMode = { kind: 'reply'; id: string } | { kind: 'edit'; id: string; draft: string }

/** Decides what becomes of a text: a new message, a reply, an edit or a command (U23, U24, U36, U37). */
export function composerModes(
  { store, actions }: Pick<Context, 'store' | 'actions'>,
  room: string,
  composer: Pick<Composer, 'field' | 'text' | 'fill' | 'say' | 'focus'>,
  on: {
    /** Scrolls to the newest message. */
    toEnd(): void
    isAtEnd(): boolean
    help(): void
    /** the first line of a text as it reads */
    firstLine(text: string): string
    /** This message is being edited now; null: none is. */
    editing(id: string | null): void
    announce(text: string): void
  },
  signal: AbortSignal,
) {
  const element = h('div')
  const label = h('span', { id: 'composer-mode', class: 'truncate', dir: 'auto' })
  /** null: a new message is written */
  let mode: ComposerMode | null = null

  function textOf(id: string): string | null | undefined {
    const state = store.get().rooms[room]
    return state && rowById(state, id)?.text
  }

  // A deleted message is not shown here either, from the moment it is deleted.
  store.watch(
    () => (mode !== null && textOf(mode.id) === null ? mode.id : null),
    (deleted) => {
      if (deleted !== null) label.textContent = words.composer.targetDeleted
    },
    signal,
  )

  function begin(next: ComposerMode, title: string): void {
    mode = next
    on.editing(next.kind === 'edit' ? next.id : null)
    label.textContent = title
    const { cancelEdit, cancelReply } = words.composer
    const press = () => {
      end()
      composer.focus()
    }
    const cancelLabel = next.kind === 'edit' ? cancelEdit : cancelReply
    const cancel = iconButton('close', cancelLabel, press, { class: 'button-icon ms-auto' })
    const style = 'flex items-center gap-2 border-s-2 border-accent ps-3 text-meta text-muted'
    element.replaceChildren(h('div', { class: style }, label, cancel))
    composer.say('')
    // A screen reader speaks the description of a field that gets the focus, not of one that has it.
    if (document.activeElement === composer.field) on.announce(title)
    composer.field.setAttribute('aria-describedby', label.id)
    composer.focus()
  }

  /** Ends a reply or an edit. @returns false if there was none */
  function end(): boolean {
    if (mode === null) return false
    if (mode.kind === 'edit') composer.fill(mode.draft)
    mode = null
    on.editing(null)
    composer.field.removeAttribute('aria-describedby')
    element.replaceChildren()
    return true
  }

  function edit(row: Row): void {
    if (row.id === null || row.text === null) return
    const draft = mode?.kind === 'edit' ? mode.draft : composer.text()
    begin({ kind: 'edit', id: row.id, draft }, words.composer.editing)
    composer.fill(row.text)
  }

  function sendEdit(id: string, text: string): true | string {
    const before = textOf(id)
    if (before === null) return words.composer.editedDeleted
    const result = before === text || actions.edit(room, id, text)
    if (result === true) end()
    return result
  }

  async function rename(name: string, text: string): Promise<void> {
    const answer = await actions.rename(name)
    if (answer.result === 'ok') return
    if (composer.text() === '') {
      composer.fill(text)
      actions.saveDraft(room, text, text.length)
    }
    if (answer.result !== 'taken') return composer.say(answer.message)
    const { nameTaken, nameFree } = words.session
    const suggestion = answer.suggestion === undefined ? '' : ` ${nameFree(isolated(answer.suggestion))}`
    composer.say(nameTaken(isolated(name)) + suggestion)
  }

  /** Runs a command that sends no message. @returns a reason if it cannot be run */
  function runCommand(text: string): true | string {
    const { name, rest } = commandOf(text) ?? { name: '', rest: '' }
    // prettier-ignore
    switch (name) {
      case 'help': on.help(); break
      case 'nick': void rename(rest, text); break
      case 'me': return words.composer.meWithoutText
      default: return words.composer.unknownCommand(name)
    }
    actions.saveDraft(room, '', 0)
    return true
  }

  return {
    /** above the composer: what is being replied to or edited */
    element,
    edit,
    reply(row: Row): void {
      if (row.id === null || row.text === null) return
      end()
      const title = words.composer.replyTo(isolated(row.user.name), on.firstLine(row.text))
      begin({ kind: 'reply', id: row.id }, title)
    },
    send(text: string): true | string {
      if (mode?.kind === 'edit') return sendEdit(mode.id, text)
      const message = messageOf(text)
      if (message === null) return runCommand(text)
      const replyTo = mode?.id
      if (replyTo !== undefined && textOf(replyTo) === null) {
        end()
        return words.composer.repliedDeleted
      }
      const result = actions.send(room, message, replyTo)
      if (result === true) end()
      on.toEnd()
      return result
    },
    key(event: KeyboardEvent): boolean {
      if (event.key === 'Escape' && !event.shiftKey && mode !== null) {
        event.preventDefault()
        event.stopPropagation()
        return end()
      }
      const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
      const isFree = composer.text() === '' && mode === null && on.isAtEnd()
      if (event.key !== 'ArrowUp' || !isPlain || !isFree) return false
      const state = store.get().rooms[room]
      const newest = state === undefined || state.historyWindow !== null ? null : lastOwn(state)
      if (newest === null) return false
      event.preventDefault()
      edit(newest)
      return true
    },
    end,
    /** Is the text in the composer a draft? Not while a message is edited. */
    isDraft: () => mode?.kind !== 'edit',
  }
}
