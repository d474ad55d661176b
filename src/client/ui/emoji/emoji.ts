/** All emoji with their names, fetched on first use (U39). */
import english from 'emoji-picker-element-data/en/github/data.json' with { type: 'file' }
import german from 'emoji-picker-element-data/de/cldr-native/data.json' with { type: 'file' }
import { words } from '../../words/words.ts'

export interface EmojiEntry {
  emoji: string
  /** `thumbs up` */
  annotation: string
  /** `+1`, without colons */
  shortcodes?: readonly string[]
  tags?: readonly string[]
  /** 0 smileys … 9 flags */
  group: number
  /** 1 light … 5 dark; emoji of two people have a pair of tones, too */
  skins?: readonly { emoji: string; tone: number | readonly number[] }[]
}

/** How many recent emoji are remembered. */
const MAX_RECENT = 24

/** What a person chose on this device. */
export interface EmojiChoices {
  /** the latest first */
  readonly recent: readonly string[]
  /** 0: yellow; 1 light … 5 dark */
  readonly tone: number
}

export interface EmojiMemory {
  get(): EmojiChoices
  set(choices: EmojiChoices): void
}

const ENGLISH = english as unknown as string
/** The names in other languages, by a language's code; where there is no file, names are English. */
const TRANSLATED: Readonly<Record<string, string>> = { de: german as unknown as string }

/** language → the request for its emoji */
const loading = new Map<string, Promise<readonly EmojiEntry[]>>()

const languageOfPage = () => words.locale.split('-')[0] ?? ''

/** The files with the emoji, English first: 70 KB each, which the browser then keeps. */
function fetchFiles(language: string): Promise<Response>[] {
  const translated = TRANSLATED[language]
  const files = translated === undefined ? [ENGLISH] : [ENGLISH, translated]
  return files.map((file) => fetch(new URL(file, import.meta.url)))
}

/** Asks for the emoji, so that the browser has them later. */
export async function prefetchEmoji(): Promise<void> {
  await Promise.all(fetchFiles(languageOfPage()).map(async (response) => (await response).blob()))
}

async function fetchEmoji(language: string): Promise<readonly EmojiEntry[]> {
  const answers = fetchFiles(language).map(async (asked) => {
    const response = await asked
    if (!response.ok) throw new Error(`the emoji were answered by ${response.status}`)
    return (await response.json()) as EmojiEntry[]
  })
  const [all = [], translated] = await Promise.all(answers)
  return translated === undefined ? all : inLanguage(all, translated)
}

/** The emoji with their names in another language. English words and short codes find them, too. */
export function inLanguage(
  all: readonly EmojiEntry[],
  translated: readonly Pick<EmojiEntry, 'emoji' | 'annotation' | 'tags'>[],
): EmojiEntry[] {
  const named = new Map(translated.map((entry) => [entry.emoji, entry]))
  return all.map((entry) => {
    const { annotation = entry.annotation, tags = [] } = named.get(entry.emoji) ?? {}
    return { ...entry, annotation, tags: [...(entry.tags ?? []), ...tags.map((tag) => tag.toLowerCase())] }
  })
}

/**
 * All emoji in display order, with names in the language of the page. Rejects if they cannot be fetched; the next call tries
 * again.
 */
export function loadEmoji(): Promise<readonly EmojiEntry[]> {
  const language = languageOfPage()
  const wanted = loading.get(language) ?? fetchEmoji(language)
  loading.set(language, wanted)
  wanted.catch(() => loading.delete(language))
  return wanted
}

/** The emoji in a skin tone, if it has one. */
export function inTone({ emoji, skins = [] }: EmojiEntry, tone: number): string {
  return skins.find((skin) => skin.tone === tone)?.emoji ?? emoji
}

/** The emoji that people send most, by the count of the Unicode Consortium. */
const POPULAR =
  '😂❤🤣👍😭🙏😘🥰😍😊🎉😁💕🥺😅🔥☺🤦🤷🙄😆🤗😉🎂🤔👏🙂😳🥳😎👌💜😔💪✨💖👀😋😏😢👉💗😩💯🌹💞🎈💙😃😡💐😜🙈🤞😄🤤🙌🤪❣😀💋💀👇💔😌💓🤩🙃😬😱😴🤭😐🌞😒😇🌸😈🎶✌🎊🥵😞💚☀🖤💰😚👑🎁💥🙋☹😑🥴👈💩✅👋'

/** Without skin tones and the mark that asks for a picture in colour. */
const plain = (emoji: string) => emoji.replace(/\ufe0f|\p{Emoji_Modifier}/gu, '')

/**
 * The emoji that a few letters match, in four groups: the letters are a short code, begin one, are part of a name, or begin a
 * tag. In each group recent emoji come first, then popular ones, then those with short codes.
 */
export function findEmoji(
  all: readonly EmojiEntry[],
  letters: string,
  limit: number,
  recent: readonly string[] = [],
): EmojiEntry[] {
  const wanted = letters.toLowerCase()
  const beginsSo = (name: string) => name.startsWith(wanted)
  const rankOf = ({ shortcodes = [], annotation, tags = [] }: EmojiEntry): number => {
    if (shortcodes.includes(wanted)) return 0
    if (shortcodes.some(beginsSo)) return 1
    if ([annotation.toLowerCase(), ...shortcodes].some((name) => name.includes(wanted))) return 2
    return tags.some(beginsSo) ? 3 : 4
  }
  const used = [...new Set([...recent.map(plain), ...POPULAR])]
  const placeOf = ({ emoji }: EmojiEntry) => {
    const place = used.indexOf(plain(emoji))
    return place < 0 ? used.length : place
  }
  const lengthOf = ({ shortcodes = [] }: EmojiEntry) =>
    Math.min(...shortcodes.filter(beginsSo).map(({ length }) => length))
  const byRank = Object.groupBy(all, rankOf)
  return [0, 1, 2, 3]
    .flatMap((rank) => {
      const places = (byRank[rank] ?? []).map((entry) => ({
        entry,
        place: placeOf(entry),
        length: lengthOf(entry),
      }))
      return places.sort((a, b) => compare(a.place, b.place) || compare(a.length, b.length))
    })
    .slice(0, limit)
    .map(({ entry }) => entry)
}

/** Unlike a difference, also compares two infinite numbers. */
const compare = (a: number, b: number) => Number(a > b) - Number(a < b)

/** Puts an emoji before the others that were used. */
export function remember(memory: EmojiMemory, emoji: string): void {
  const { recent, tone } = memory.get()
  memory.set({ recent: [emoji, ...recent.filter((other) => other !== emoji)].slice(0, MAX_RECENT), tone })
}
