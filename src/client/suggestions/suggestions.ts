import { retryable } from '../ui/retryImport.ts'
import type { EmojiEntry } from '../ui/emoji/emoji.ts'
import { suggestionList, type SuggestionList, type SuggestionMatch } from './suggestionList.ts'
import type { User } from '../../shared/model.ts'
import type { Context } from '../app/context.ts'
import { idOf } from '../state/state.ts'
import { words } from '../words/words.ts'

const MAX_SUGGESTIONS = 8

const loadEmojiChunk = retryable(() => import('../ui/emoji/emojiChunk.ts'))

/**
 * People whose name, or a word of it, begins with the text after the last `@` (U38).
 * @param people in the order of preference
 */
export function mentionMatch(before: string, people: readonly User[]): SuggestionMatch | null {
  const from = before.lastIndexOf('@')
  const typed = before.slice(from + 1).toLowerCase()
  const isInWord = /[\p{L}\p{N}@]$/u.test(before.slice(0, from))
  if (from < 0 || typed.length > 32 || typed.includes('\n') || isInWord) return null
  const byName = new Map<string, User>()
  for (const user of people) {
    const name = user.name.toLowerCase()
    const fits = name.startsWith(typed) || (typed !== '' && name.includes(` ${typed}`))
    if (fits && !byName.has(name)) byName.set(name, user)
    if (byName.size === MAX_SUGGESTIONS) break
  }
  const isComplete = byName.size === 1 && typed.endsWith(' ') && byName.has(typed.trimEnd())
  if (byName.size === 0 || isComplete) return null
  return { from, items: Array.from(byName.values(), ({ name }) => ({ insert: `@${name} `, label: name })) }
}

function commandMatch(before: string): SuggestionMatch | null {
  const [, typed] = /^\/([a-z]*)$/.exec(before) ?? []
  const commands = Object.entries(words.composer.commands)
  if (typed === undefined || commands.some(([name]) => name === typed)) return null
  const fitting = commands.filter(([name]) => name.startsWith(typed))
  return { from: 0, items: fitting.map(([name, hint]) => ({ insert: `/${name} `, label: `/${name}`, hint })) }
}

/** The emoji whose short name ends at the caret with its second colon, and where it begins; null within code. */
export function shortcodeMatch(
  before: string,
  all: readonly Pick<EmojiEntry, 'emoji' | 'shortcodes'>[],
): { from: number; emoji: string } | null {
  const [, code] = /(?:^|[\s([{"']):([\p{L}\d_+-]{2,30}):$/u.exec(before) ?? []
  if (code === undefined || before.split('`').length % 2 === 0) return null
  const entry = all.find(({ shortcodes }) => shortcodes?.includes(code.toLowerCase()))
  return entry === undefined ? null : { from: before.length - code.length - 2, emoji: entry.emoji }
}

/** Suggests people after `@`, emoji after `:` and commands after `/`. A chunk that is loaded with the first letter typed. */
export function suggestions(
  { store }: Pick<Context, 'store'>,
  room: string,
  field: HTMLTextAreaElement,
  signal: AbortSignal,
): SuggestionList {
  let emoji: { all: readonly EmojiEntry[]; find(letters: string): readonly EmojiEntry[] } | null = null

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
      emoji = { all, find: (letters) => chunk.findEmoji(all, letters, MAX_SUGGESTIONS) }
      if (!signal.aborted && document.activeElement === field) update()
    } catch {
      // A short name stays as typed; the next letter tries again.
    }
  }

  function emojiMatch(before: string): SuggestionMatch | null {
    const [, letters] = /(?:^|[\s([{"']):([\p{L}\d_+-]{2,30})$/u.exec(before) ?? []
    if (letters === undefined) return null
    if (emoji === null) {
      void loadEmoji()
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
    (before) => commandMatch(before) ?? emojiMatch(before) ?? mentionMatch(before, people()),
    signal,
  )
  function update(): void {
    list.update()
    // After the other listeners of this input event, which then hear of the replacement second.
    queueMicrotask(replaceShortcode)
  }

  return { ...list, update }
}
