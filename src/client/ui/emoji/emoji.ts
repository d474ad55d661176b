/** All emoji with their names, fetched on first use (U39). */
import file from 'emoji-picker-element-data/en/github/data.json' with { type: 'file' }

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

let loading: Promise<readonly EmojiEntry[]> | null = null

/** Asks for the emoji: 70 KB, which the browser then keeps. */
export const fetchEmoji = () => fetch(new URL(file as unknown as string, import.meta.url))

/** All emoji in display order. Rejects if they cannot be fetched; the next call tries again. */
export function loadEmoji(): Promise<readonly EmojiEntry[]> {
  loading ??= (async () => {
    const response = await fetchEmoji()
    if (!response.ok) throw new Error(`the emoji were answered by ${response.status}`)
    return (await response.json()) as EmojiEntry[]
  })().catch((error: unknown) => {
    loading = null
    throw error
  })
  return loading
}

/** The emoji in a skin tone, if it has one. */
export function inTone({ emoji, skins = [] }: EmojiEntry, tone: number): string {
  return skins.find((skin) => skin.tone === tone)?.emoji ?? emoji
}

/** The emoji that a few letters match, best first: a whole short code, its start, a part of any name, the start of a tag. */
export function findEmoji(all: readonly EmojiEntry[], letters: string, limit: number): EmojiEntry[] {
  const wanted = letters.toLowerCase()
  const rankOf = ({ shortcodes = [], annotation, tags = [] }: EmojiEntry): number => {
    if (shortcodes.includes(wanted)) return 0
    if (shortcodes.some((code) => code.startsWith(wanted))) return 1
    if ([annotation.toLowerCase(), ...shortcodes].some((name) => name.includes(wanted))) return 2
    return tags.some((tag) => tag.startsWith(wanted)) ? 3 : 4
  }
  const byRank = Object.groupBy(all, rankOf)
  return [0, 1, 2, 3].flatMap((rank) => byRank[rank] ?? []).slice(0, limit)
}
