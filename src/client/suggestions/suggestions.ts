import { retryable } from '../ui/retryImport.ts'
import type { EmojiEntry } from '../ui/emoji/emoji.ts'
import { suggestionList, type SuggestionList, type SuggestionMatch } from './suggestionList.ts'
import type { User } from '../../shared/model.ts'
import type { Context } from '../app/context.ts'
import { idOf } from '../state/state.ts'
import { words } from '../words/words.ts'

const MAX_SUGGESTIONS = 8

const loadEmojiChunk = retryable(() => import('../ui/emoji/emojiChunk.ts'))

/** People whose name, or a word of it, begins with what was typed behind the last `@`; those who are here come first (U38). */
export function mentionMatch(before: string, people: readonly User[]): SuggestionMatch | null {
  const from = before.lastIndexOf('@')
  const typed = before.slice(from + 1).toLowerCase()
  if (from < 0 || typed.length > 32 || /\n/.test(typed) || /[\p{L}\p{N}@]$/u.test(before.slice(0, from)))
    return null
  const fits = (name: string) => name.startsWith(typed) || (typed !== '' && name.includes(` ${typed}`))
  const items = new Map<string, User>()
  for (const user of people) {
    const name = user.name.toLowerCase()
    if (fits(name) && !items.has(name)) items.set(name, user)
    if (items.size === MAX_SUGGESTIONS) break
  }
  if (items.size === 0 || (items.size === 1 && items.has(typed.trimEnd()) && typed.endsWith(' '))) return null
  return { from, items: [...items.values()].map(({ name }) => ({ insert: `@${name} `, label: name })) }
}

function commandsFor(before: string): SuggestionMatch | null {
  const [, typed] = /^\/([a-z]*)$/.exec(before) ?? []
  const commands = Object.entries(words.composer.commands)
  if (typed === undefined || commands.some(([name]) => name === typed)) return null
  const fitting = commands.filter(([name]) => name.startsWith(typed))
  return { from: 0, items: fitting.map(([name, hint]) => ({ insert: `/${name} `, label: `/${name}`, hint })) }
}

/** The emoji whose short name has just been typed to its second colon, and where that begins; not within code. */
export function shortcodeMatch(
  before: string,
  all: readonly Pick<EmojiEntry, 'emoji' | 'shortcodes'>[],
): { from: number; emoji: string } | null {
  const [, code] = /(?:^|[\s([{"']):([\p{L}\d_+-]{2,30}):$/u.exec(before) ?? []
  if (code === undefined || before.split('`').length % 2 === 0) return null
  const entry = all.find(({ shortcodes }) => shortcodes?.includes(code.toLowerCase()))
  return entry === undefined ? null : { from: before.length - code.length - 2, emoji: entry.emoji }
}

/** What is offered while one writes, as a chunk that comes with the first letter: people behind `@`, emoji behind `:`, commands behind `/`. */
export function suggestions(
  { store }: Pick<Context, 'store'>,
  room: string,
  field: HTMLTextAreaElement,
  signal: AbortSignal,
): SuggestionList {
  /** null until the emoji data has been fetched */
  let emoji: { all: readonly EmojiEntry[]; find(letters: string): readonly EmojiEntry[] } | null = null

  function people(): User[] {
    const me = idOf(store.get())
    const state = store.get().rooms[room]
    const all = [...(state?.people ?? []), ...(state?.rows.map(({ user }) => user).reverse() ?? [])]
    return all.filter(({ id, name }) => name !== '' && id !== me)
  }

  async function fetchEmoji(): Promise<void> {
    try {
      const { findEmoji, loadEmoji } = await loadEmojiChunk()
      const all = await loadEmoji()
      emoji = { all, find: (letters) => findEmoji(all, letters, MAX_SUGGESTIONS) }
      if (!signal.aborted && document.activeElement === field) look()
    } catch {
      // Without them a short name stays as it was typed. The next letter tries again.
    }
  }

  function emojiFor(before: string): SuggestionMatch | null {
    const [, letters] = /(?:^|[\s([{"'])(?<all>:([\p{L}\d_+-]{2,30}))$/u.exec(before)?.slice(1) ?? []
    if (letters === undefined) return null
    if (emoji === null) {
      void fetchEmoji()
      return null
    }
    const items = emoji.find(letters).map(({ emoji: symbol, shortcodes, annotation }) => ({
      insert: `${symbol} `,
      label: `${symbol}  :${shortcodes?.[0] ?? annotation}:`,
    }))
    return { from: before.length - letters.length - 1, items }
  }

  function replaceShortcode(): void {
    const { value, selectionStart, selectionEnd } = field
    const match = emoji && shortcodeMatch(value.slice(0, selectionStart), emoji.all)
    if (!match || selectionStart !== selectionEnd) return
    field.setRangeText(match.emoji, match.from, selectionStart, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }

  const list = suggestionList(
    field,
    (before) => commandsFor(before) ?? emojiFor(before) ?? mentionMatch(before, people()),
    signal,
  )
  function look(): void {
    list.look()
    // Whoever is told of this change is told of it first.
    queueMicrotask(replaceShortcode)
  }

  return { ...list, look }
}
