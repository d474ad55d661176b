import { composer as createComposer, typingText } from '../../composer/composer.ts'
import { composerModes } from '../../composer/composerModes.ts'
import type { Suggestions } from '../../suggestions/suggestions.ts'
import { firstLine } from '../../timeline/message/message.ts'
import { retryImport } from '../../ui/retryImport.ts'
import { roomName } from '../../state/roomName.ts'
import type { RoomState } from '../../state/state.ts'
import { h } from '../../ui/dom.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

export const loadSuggestions = () => import('../../suggestions/suggestions.ts')

export interface RoomComposerEvents {
  /** Something was sent, or a command was done. */
  sent(): void
  toEnd(): void
  isAtEnd(): boolean
  /** PageUp, PageDown: −1, 1 */
  page(direction: -1 | 1): void
  help(): void
  /** This message is being edited now; null: none is. */
  editing(id: string | null): void
  announce(text: string): void
}

/** The composer of a room with its draft, commands, suggestions and modes, and the lines above it. */
export function roomComposer(
  { store, actions, emojiMemory }: Context,
  room: string,
  { banner, undo }: { banner: HTMLElement; undo: HTMLElement },
  on: RoomComposerEvents,
  signal: AbortSignal,
) {
  const coarse = matchMedia('(pointer: coarse)').matches
  let isTouched = false
  let suggestions: Suggestions | null = null
  let loading: Promise<void> | null = null

  /** The chunk that helps with writing is loaded with the first letter. */
  async function openSuggestions(): Promise<void> {
    const chunk = await retryImport(loadSuggestions, signal)
    suggestions = chunk?.suggestions({ store, emojiMemory }, room, composer, signal) ?? null
  }

  async function suggest(typed: boolean): Promise<void> {
    if (suggestions === null) {
      await (loading ??= openSuggestions())
      // The focus may have moved meanwhile; then no key would close the list.
      if (document.activeElement !== composer.field) return
    }
    suggestions?.update(typed)
  }

  const composer = createComposer(
    {
      send(text) {
        isTouched = true
        const taken = modes.send(text)
        if (taken === true) on.sent()
        return taken
      },
      key: (event) => suggestions?.key(event) || modes.key(event),
      changed(text, caret, typed) {
        isTouched = true
        void suggest(typed)
        if (modes.isDraft()) actions.saveDraft(room, text, caret)
      },
      typing: (isTyping) => actions.typing(room, isTyping),
      page: on.page,
      async emphasise(mark) {
        await (loading ??= openSuggestions())
        suggestions?.emphasise(mark)
      },
    },
    emojiMemory,
    signal,
  )
  const modes = composerModes({ store, actions }, room, composer, { ...on, firstLine }, signal)

  // The stored draft fills the field, unless the person has typed meanwhile.
  void actions.draft(room).then(({ text, caret }) => {
    if (!signal.aborted && !isTouched && text !== '') composer.fill(text, caret)
  })

  const typingLine = h('div')
  store.watch(
    (state) => state.rooms[room]?.typing,
    (typing) => (typingLine.textContent = typingText(typing ?? [])),
    signal,
  )
  store.watch((state) => roomName(state, room), composer.setRoomName, signal)
  store.watch((state) => refusalOf(state.rooms[room]), composer.setBlocked, signal)
  store.watch(
    ({ settings }) => settings.enter,
    (enter) => composer.setEnterSends(enter === 'device' ? !coarse : enter === 'sends'),
    signal,
  )

  const hint = h(
    'span',
    { class: 'format-hint', dir: 'auto', 'aria-hidden': 'true' },
    words.composer.formatHint,
  )
  const foot = h(
    'div',
    { class: 'foot' },
    h(
      'div',
      { class: 'column' },
      banner,
      modes.element,
      h('div', { class: 'foot-line' }, typingLine, undo, hint, composer.counter),
      composer.element,
      composer.fault,
    ),
  )

  return {
    ...composer,
    /** everything below the messages */
    foot,
    modes,
    /** Writes `@Name ` at the caret, apart from the word before it. */
    mention(name: string): void {
      const before = composer.text()[composer.field.selectionStart - 1] ?? ' '
      composer.insert(`${before.trim() === '' ? '' : ' '}@${name} `)
    },
    /** Moves a message that failed back into the field. */
    takeBack(key: string, text: string): void {
      const before = composer.text()
      composer.fill(before === '' ? text : `${before}\n${text}`)
      actions.saveDraft(room, composer.text(), composer.text().length)
      actions.drop(room, key)
      composer.focus()
    },
  }
}

/** Why I may not write here, by the server’s answer to my newest message (U49). */
function refusalOf(state: RoomState | undefined): string | null {
  const last = state?.rows.findLast((row) => row.own)?.sendStatus
  if (last?.status !== 'failed') return null
  // prettier-ignore
  switch (last.reason) {
    case 'readOnly': return words.composer.blocked.readOnly
    case 'forbidden': return words.composer.blocked.forbidden
    case 'notMember': return words.composer.blocked.notMember
    default: return null
  }
}
