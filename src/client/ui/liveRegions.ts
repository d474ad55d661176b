/** What a screen reader is told, and nothing else: the visible list is silent (A1–A4). */
import { h } from './dom.ts'
import { words } from '../words/words.ts'

export interface SpokenMessage {
  name: string
  text: string
  /** it names me */
  mentions?: boolean
}

export interface Announcer {
  readonly element: HTMLElement
  /** Politely, at once. */
  say(text: string): void
  /** Interrupting: a failure, a lost connection, a removal. */
  warn(text: string): void
  /** Messages of others that have just come: the first is read out, those of the next 3 s as one sentence; a mention first. */
  messages(messages: readonly SpokenMessage[]): void
  /** Politely, one sentence in 3 s for all that came since the one before; `sentence` makes it then. */
  summary(sentence: () => string): void
}

const STAYS = 5_000
const SETTLES = 100
const EVERY = 3_000
/** messages in one minute; above it only their count is spoken */
const BUSY_FROM = 20
const MAX_LINES = 10

/** @param signal ends all timers */
export function createAnnouncer(signal: AbortSignal): Announcer {
  const polite = h('div', { 'aria-live': 'polite', role: 'status', class: 'heard' })
  const assertive = h('div', { 'aria-live': 'assertive', role: 'alert', class: 'heard' })
  const element = h('div', {}, polite, assertive)
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let waiting: SpokenMessage[] = []
  let named: SpokenMessage[] = []
  let count = 0
  let lately: { at: number; count: number }[] = []
  let gathering = false
  let next: ReturnType<typeof setTimeout> | null = null

  function later(ms: number, then: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      timers.delete(timer)
      then()
    }, ms)
    timers.add(timer)
    return timer
  }

  function put(node: HTMLElement, text: string): void {
    if (signal.aborted) return
    // What a region brings along when it comes into the page is not heard.
    if (!node.isConnected) return void later(SETTLES, () => put(node, text))
    while (node.childElementCount >= MAX_LINES) node.firstElementChild?.remove()
    const line = h('p', {}, text)
    node.append(line)
    later(STAYS, () => line.remove())
  }

  function flush(now: number): void {
    next = null
    const mention = named.shift()
    if (mention !== undefined) {
      put(polite, words.announcements.mention(mention.name, mention.text))
      next = later(EVERY, () => flush(Date.now()))
      return
    }
    const last = waiting.at(-1)
    if (last === undefined) return
    lately = [...lately.filter(({ at }) => now - at < 60_000), { at: now, count }]
    const busy = lately.reduce((sum, entry) => sum + entry.count, 0) > BUSY_FROM
    if (count === 1 && !busy) put(polite, words.announcements.message(last.name, last.text))
    else if (busy) put(polite, words.announcements.messages(count))
    else put(polite, words.announcements.messagesLast(count, last.name, last.text))
    waiting = []
    count = 0
    next = later(EVERY, () => flush(Date.now()))
  }

  signal.addEventListener('abort', () => timers.forEach((timer) => clearTimeout(timer)), { once: true })

  return {
    element,
    say: (text) => put(polite, text),
    warn: (text) => put(assertive, text),
    messages(messages) {
      if (messages.length === 0 || signal.aborted) return
      const others = messages.filter(({ mentions }) => !mentions)
      named = [...named, ...messages.filter(({ mentions }) => mentions)].slice(-MAX_LINES)
      // Of the others only the last one is ever read out, so only it is kept.
      waiting = others.length > 0 ? others.slice(-1) : waiting
      count += others.length
      if (next === null) flush(Date.now())
    },
    summary(sentence) {
      if (gathering || signal.aborted) return
      gathering = true
      later(EVERY, () => {
        gathering = false
        const text = sentence()
        if (text !== '') put(polite, text)
      })
    },
  }
}
