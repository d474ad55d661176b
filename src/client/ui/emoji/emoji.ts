/** Emoji and their names: a file of ours that is fetched when it is first asked for (U39). */
import file from 'emoji-picker-element-data/en/github/data.json' with { type: 'file' }

export interface EmojiEntry {
  emoji: string
  /** `thumbs up` */
  annotation: string
  /** `+1`, without colons */
  shortcodes?: readonly string[]
  tags?: readonly string[]
  /** 0 faces … 9 flags */
  group: number
}

let loading: Promise<readonly EmojiEntry[]> | null = null

/** All of them in their order. Rejects where they cannot be fetched; the next call asks again. */
export function loadEmoji(): Promise<readonly EmojiEntry[]> {
  loading ??= (async () => {
    const answer = await fetch(new URL(file as unknown as string, import.meta.url))
    if (!answer.ok) throw new Error(`the emoji did not come: ${answer.status}`)
    return (await answer.json()) as EmojiEntry[]
  })().catch((error: unknown) => {
    loading = null
    throw error
  })
  return loading
}

/** Those that a few letters may mean, best first: a short name that begins so, then names and words that hold them. */
export function findEmoji(all: readonly EmojiEntry[], letters: string, limit: number): EmojiEntry[] {
  const wanted = letters.toLowerCase()
  const rank = ({ shortcodes = [], annotation, tags = [] }: EmojiEntry): number => {
    if (shortcodes.includes(wanted)) return 0
    if (shortcodes.some((code) => code.startsWith(wanted))) return 1
    if (annotation.toLowerCase().includes(wanted) || shortcodes.some((code) => code.includes(wanted)))
      return 2
    return tags.some((tag) => tag.startsWith(wanted)) ? 3 : 4
  }
  return all
    .map((emoji) => ({ emoji, rank: rank(emoji) }))
    .filter(({ rank }) => rank < 4)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ emoji }) => emoji)
}
