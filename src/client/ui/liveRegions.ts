/** Screen reader announcements. They are the page's only live regions: the visible message list is silent (A2, A3, A4). */
import { h } from './dom.ts'
import { words } from '../words/words.ts'

export interface SpokenMessage {
  name: string
  text: string
  /** the message mentions me */
  mentions?: boolean
}

export type Announcer = ReturnType<typeof createAnnouncer>

/** How long (ms) a line stays in its live region. */
const LINE_MS = 5_000
/** How long (ms) to wait for the regions to be in the page. */
const RETRY_MS = 100
/** Time (ms) between two sentences about messages. */
const PAUSE_MS = 3_000
/** With more messages than this in a minute, only their count is spoken. */
const BUSY_FROM = 20
const MAX_LINES = 10

export function createAnnouncer(signal: AbortSignal) {
  const polite = h('div', { 'aria-live': 'polite', role: 'status', class: 'sr-only' })
  const assertive = h('div', { 'aria-live': 'assertive', role: 'alert', class: 'sr-only' })
  let mentions: SpokenMessage[] = []
  let count = 0
  let last: SpokenMessage | undefined
  /** when (ms) each message of the last minute was counted */
  let recent: number[] = []
  let isPausing = false
  let isSummaryDue = false

  function put(region: HTMLElement, text: string): void {
    if (signal.aborted) return
    // Screen readers ignore text that enters the page together with its region.
    if (!region.isConnected) return void setTimeout(() => put(region, text), RETRY_MS)
    while (region.childElementCount >= MAX_LINES) region.firstElementChild?.remove()
    const line = h('p', {}, text)
    region.append(line)
    setTimeout(() => line.remove(), LINE_MS)
  }

  function nextSentence(): string | undefined {
    const mention = mentions.shift()
    if (mention !== undefined) return words.announcements.mention(mention.name, mention.text)
    if (last === undefined) return undefined
    const now = Date.now()
    recent = [...recent.filter((at) => now - at < 60_000), ...Array<number>(count).fill(now)]
    const [{ name, text }, counted] = [last, count]
    last = undefined
    count = 0
    if (recent.length > BUSY_FROM) return words.announcements.messages(counted)
    if (counted === 1) return words.announcements.message(name, text)
    return words.announcements.messagesLast(counted, name, text)
  }

  function speakNext(): void {
    const sentence = nextSentence()
    isPausing = sentence !== undefined
    if (sentence === undefined) return
    put(polite, sentence)
    setTimeout(speakNext, PAUSE_MS)
  }

  return {
    element: h('div', {}, polite, assertive),
    /** Speaks politely, at once. */
    say: (text: string) => put(polite, text),
    /** Interrupts: for a failure, a lost connection, a removal. */
    warn: (text: string) => put(assertive, text),
    /** Speaks new messages of others, at most a sentence every 3 s: each mention by itself, the rest counted. */
    messages(messages: readonly SpokenMessage[]): void {
      const others = messages.filter((message) => !message.mentions)
      mentions = [...mentions, ...messages.filter((message) => message.mentions)].slice(-MAX_LINES)
      last = others.at(-1) ?? last
      count += others.length
      if (!isPausing) speakNext()
    },
    /** Speaks `sentence()` 3 s later; calls until then are dropped. */
    summary(sentence: () => string): void {
      if (isSummaryDue) return
      isSummaryDue = true
      setTimeout(() => {
        isSummaryDue = false
        const text = signal.aborted ? '' : sentence()
        if (text !== '') put(polite, text)
      }, PAUSE_MS)
    },
  }
}
