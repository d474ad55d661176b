import { retryable } from '../ui/retryImport.ts'
import type { EmojiEntry } from '../ui/emoji/emoji.ts'
import type { User } from '../../shared/model.ts'
import { isUnspaced, mayNameFollow, searchKey } from '../../shared/text.ts'
import type { Context } from '../app/context.ts'
import { idOf } from '../state/state.ts'
import { h } from '../ui/dom.ts'
import { openPopover, type Popup } from '../ui/popover.ts'
import { listbox } from '../ui/textField.ts'
import { type Mark, toggleEmphasis } from './emphasis.ts'
import { words } from '../words/words.ts'

/** Suggestions for the text before the caret. `insert` replaces it from the index `from` on. */
interface SuggestionMatch {
  from: number
  /** Enter takes the first one unasked: what was typed begins its name. Otherwise it may be a face such as `:DD` */
  isSure: boolean
  items: readonly { insert: string; label: string; hint?: string; emoji?: string }[]
}

export type Suggestions = ReturnType<typeof suggestions>

const MAX_SUGGESTIONS = 8

const loadEmojiChunk = retryable(() => import('../ui/emoji/emojiChunk.ts'))

/**
 * People whose name, or a word of it, begins with the text after the last `@` (U38).
 * @param people in the order of preference
 */
export function mentionMatch(before: string, people: readonly User[]): SuggestionMatch | null {
  // Japanese keyboards type the wide one.
  const from = Math.max(before.lastIndexOf('@'), before.lastIndexOf('＠'))
  const previous = Array.from(before.slice(0, Math.max(0, from))).at(-1) ?? ''
  const typed = searchKey(before.slice(from + 1))
  if (from < 0 || typed.length > 40 || typed.includes('\n')) return null
  if (/[@＠]/.test(previous) || !mayNameFollow(previous)) return null
  const byName = new Map<string, User>()
  for (const user of people) {
    const name = searchKey(user.name)
    if (hasWord(name, typed) && !byName.has(user.name)) byName.set(user.name, user)
    if (byName.size === MAX_SUGGESTIONS) break
  }
  const [only] = byName.keys()
  const isComplete = byName.size === 1 && typed.endsWith(' ') && searchKey(only ?? '') === typed.trimEnd()
  if (byName.size === 0 || isComplete) return null
  const items = Array.from(byName.values(), ({ name }) => ({ insert: `@${name} `, label: name }))
  return { from, isSure: typed !== '', items }
}

/** Does the text begin a word of the name? Scripts without spaces do not tell where a given name begins. */
function hasWord(name: string, typed: string): boolean {
  const at = name.indexOf(typed)
  return at === 0 || (at > 0 && (isUnspaced(typed) || name.includes(` ${typed}`)))
}

function commandMatch(before: string): SuggestionMatch | null {
  const [, typed] = /^\/([a-z]*)$/.exec(before) ?? []
  const commands = Object.entries(words.composer.commands)
  if (typed === undefined || commands.some(([name]) => name === typed)) return null
  const fitting = commands.filter(([name]) => name.startsWith(typed))
  return {
    from: 0,
    isSure: typed !== '',
    items: fitting.map(([name, hint]) => ({ insert: `/${name} `, label: `/${name}`, hint })),
  }
}

/** May a short name of an emoji begin behind this character, which may be an emoji? `at 10:30:` has none. */
const mayCodeFollow = (previous: string) =>
  /^(?:[\s([{"'\p{Extended_Pictographic}\p{Emoji_Modifier}\p{RI}\ufe0f]|)$/u.test(previous) ||
  isUnspaced(previous)

/** The emoji of a short code such as `:tada:` that ends at the caret, and the index of its first colon; null if there is none. */
export function shortcodeMatch<Entry extends Pick<EmojiEntry, 'shortcodes'>>(
  before: string,
  all: readonly Entry[],
): { from: number; entry: Entry } | null {
  const [, previous = '', code] = /(.?):([\p{L}\d_+-]{2,30}):$/su.exec(before) ?? []
  if (code === undefined || !mayCodeFollow(previous) || before.split('`').length % 2 === 0) return null
  const entry = all.find(({ shortcodes }) => shortcodes?.includes(code.toLowerCase()))
  return entry === undefined ? null : { from: before.length - code.length - 2, entry }
}

/**
 * A list above the field that suggests people after `@`, emoji after `:` and commands after `/` (U38, U39): the arrow keys move
 * in it, Tab or Enter inserts, Escape closes. Its chunk is loaded with the first letter typed.
 */
export function suggestions(
  { store, emojiMemory }: Pick<Context, 'store' | 'emojiMemory'>,
  room: string,
  { field, replace }: { field: HTMLTextAreaElement; replace(from: number, to: number, text: string): void },
  signal: AbortSignal,
) {
  const id = 'suggestions'
  const label = words.composer.suggestions
  const panel = h('div', { id, class: 'suggest', popover: 'manual', role: 'listbox', 'aria-label': label })
  const options = listbox(panel, field, insert)
  let popover: Popup | null = null
  let match: SuggestionMatch | null = null
  /** the text at which Escape closed the list; it stays closed until the text changes */
  let closedAt: string | null = null
  let wasTyped = false
  /** the letters that were last replaced */
  let exchanged = ''
  let emoji: {
    all: readonly EmojiEntry[]
    find(letters: string): readonly EmojiEntry[]
    /** the emoji in my skin tone */
    show(entry: EmojiEntry): string
    remember(symbol: string): void
  } | null = null

  /** People online come first, then the authors of messages, the latest first. */
  function people(): User[] {
    const me = idOf(store.get())
    const { people: online = [], rows = [] } = store.get().rooms[room] ?? {}
    const users: User[] = [...online, ...rows.map(({ user }) => user).reverse()]
    return users.filter(({ id, name }) => name !== '' && id !== me)
  }

  async function loadEmoji(): Promise<void> {
    try {
      const chunk = await loadEmojiChunk()
      const all = await chunk.loadEmoji()
      emoji = {
        all,
        find: (letters) => chunk.findEmoji(all, letters, MAX_SUGGESTIONS, emojiMemory.get().recent),
        show: (entry) => chunk.inTone(entry, emojiMemory.get().tone),
        remember: (symbol) => chunk.remember(emojiMemory, symbol),
      }
      if (!signal.aborted && document.activeElement === field) update()
    } catch {
      // A short name stays as typed; the next letter tries again.
    }
  }

  function emojiMatch(before: string): SuggestionMatch | null {
    const [, previous = '', letters] = /(.?):([\p{L}\d_+-]{2,30})$/su.exec(before) ?? []
    if (letters === undefined || !mayCodeFollow(previous)) return null
    if (emoji === null) {
      void loadEmoji()
      return null
    }
    // In lower case only: `:DD` and `:OK` are no short names.
    const begins = (code: string) => code.startsWith(letters)
    const found = emoji.find(letters)
    const { show: toned } = emoji
    const items = found.map((entry) => {
      const { shortcodes = [], annotation } = entry
      const code = shortcodes.find(begins) ?? shortcodes[0] ?? annotation
      return { insert: `${toned(entry)} `, label: `${toned(entry)}  :${code}:`, emoji: toned(entry) }
    })
    const isSure = found[0]?.shortcodes?.some(begins) ?? false
    return { from: before.length - letters.length - 1, isSure, items }
  }

  function exchange(from: number, to: number, text: string): void {
    exchanged = field.value.slice(from, to)
    replace(from, to, text)
  }

  /** Puts the emoji in the place of a short code that ends at the caret. */
  function replaceShortcode(before: string): void {
    const shortcode = emoji && shortcodeMatch(before, emoji.all)
    if (!emoji || !shortcode) return
    const { from } = shortcode
    const code = before.slice(from)
    const symbol = emoji.show(shortcode.entry)
    // Once the key is handled: the composer saves the typed text first, and Safari would undo the whole text with the exchange.
    setTimeout(() => {
      const to = from + code.length
      if (signal.aborted || field.value.slice(from, to) !== code) return
      const caret = field.selectionStart + symbol.length - code.length
      exchange(from, to, symbol)
      field.setSelectionRange(caret, caret)
      emoji?.remember(symbol)
    })
  }

  function show(next: SuggestionMatch | null): void {
    match = next
    if (next === null) {
      popover?.close()
      popover = null
      field.removeAttribute('aria-activedescendant')
      field.removeAttribute('aria-controls')
      return
    }
    const box = (field.parentElement ?? field).getBoundingClientRect()
    const x = document.dir === 'rtl' ? window.innerWidth - box.right : box.left
    panel.style.setProperty('--up', `${window.innerHeight - box.top + 4}px`)
    panel.style.setProperty('--x', `${x}px`)
    panel.style.setProperty('--width', `${box.width}px`)
    popover ??= openPopover(panel, signal, field.parentElement)
    field.setAttribute('aria-controls', id)
    options.show(
      next.items.map(({ label: name, hint }) => [
        h('bdi', { class: 'truncate' }, name),
        hint !== undefined && h('span', { class: 'text-meta text-muted truncate' }, hint),
      ]),
      next.isSure ? 0 : -1,
    )
    // Keeps only the suggestions that fit, as scrolled ones would be overlooked (U322). More letters find the others.
    while (panel.children.length > 1 && panel.scrollHeight > panel.clientHeight)
      panel.lastElementChild?.remove()
  }

  function insert(index: number): void {
    const item = match?.items[index]
    if (match === null || item === undefined) return
    const { from } = match
    show(null)
    exchange(from, field.selectionStart, item.insert)
    if (item.emoji !== undefined) emoji?.remember(item.emoji)
  }

  /** The text has changed. @param typed by a key: pasted and undone text keeps its short names */
  function update(typed = wasTyped): void {
    wasTyped = typed
    const { value, selectionStart, selectionEnd } = field
    // Undo selects the letters that it brings back, so that the next key would overwrite them.
    if (!typed && exchanged !== '' && value.slice(selectionStart, selectionEnd) === exchanged)
      return field.setSelectionRange(selectionEnd, selectionEnd)
    if (value !== closedAt) closedAt = null
    const isOpenable = closedAt === null && selectionStart === selectionEnd
    const before = value.slice(0, selectionStart)
    const find = () => commandMatch(before) ?? emojiMatch(before) ?? mentionMatch(before, people())
    const next = isOpenable ? find() : null
    show(next !== null && next.items.length > 0 ? next : null)
    if (typed) replaceShortcode(before)
  }

  function emphasise(mark: Mark): void {
    const { value, selectionStart, selectionEnd } = field
    const { from, to, insert: text, start, end } = toggleEmphasis(value, selectionStart, selectionEnd, mark)
    replace(from, to, text)
    field.setSelectionRange(from + start, from + end)
  }

  field.addEventListener('blur', () => show(null), { signal })
  // An on-screen keyboard leaves less space, too.
  window.visualViewport?.addEventListener('resize', () => show(match), { signal })

  return {
    update,
    emphasise,
    /** @returns true if the key was for the list */
    key(event: KeyboardEvent): boolean {
      if (match === null) return false
      // prettier-ignore
      switch (event.key) {
        case 'Tab': case 'Enter': {
          const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey
          if (isPlain && (event.key === 'Tab' || options.selected() >= 0)) { options.chooseSelected(); break }
          // The composer sends the text or breaks the line.
          if (event.key === 'Enter') show(null)
          return false
        }
        case 'Escape': closedAt = field.value; show(null); event.stopPropagation(); break
        default: if (!options.move(event)) return false
      }
      event.preventDefault()
      return true
    },
  }
}
