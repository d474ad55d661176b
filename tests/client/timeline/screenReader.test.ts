import { afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { SpokenMessage } from '../../../src/client/ui/liveRegions.ts'
import { loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src/client/state/state.ts'
import { announceRoom } from '../../../src/client/timeline/screenReader.ts'
import type { Presence, ServerFrame } from '../../../src/shared/protocol.ts'
import { ada, eve, event, firstPage, NOON, person, said, welcome, you } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

beforeAll(loadMarkdown)

let ended = new AbortController()
afterEach(() => {
  ended.abort()
  ended = new AbortController()
})

/** Ada's lobby with two messages in it, and all that is told of it from then on. */
function aRoom(settings: Partial<Settings> = {}) {
  const store = createStore()
  const told: string[] = []
  const heard: SpokenMessage[] = []
  let gathered: (() => string) | null = null
  const hear = (...frames: ServerFrame[]) =>
    store.dispatch({ type: 'framesReceived', frames, now: NOON + 120_000 })
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  store.dispatch({ type: 'connectionChanged', connection: { state: 'live' }, now: NOON })
  store.dispatch({ type: 'settingsChanged', settings: { ...DEFAULT_SETTINGS, ...settings } })
  store.dispatch({ type: 'roomOpened', room: 'lobby' })
  const announcer = {
    say: (text: string) => void told.push(text),
    warn: (text: string) => void told.push(text),
    messages: (all: readonly SpokenMessage[]) => void heard.push(...all),
    summary: (words: () => string) => void (gathered = words),
  }
  announceRoom({ store }, 'lobby', announcer, ended.signal)
  store.dispatch({ type: 'syncRequested', room: 'lobby', now: NOON })
  hear(firstPage([said(1), said(2)], { you }))
  return { told, heard, hear, gathered: () => gathered?.() ?? null }
}

const came: Presence = { type: 'presence', room: 'lobby', version: 2, count: 3, joined: [person(eve)] }
const went: Presence = { type: 'presence', room: 'lobby', version: 3, count: 2, left: [eve.id] }

describe('what a screen reader is told', () => {
  test('[A3] what others write from now on, and whether it names me; not history, not my own', () => {
    const { heard, hear, told, gathered } = aRoom()
    hear(event(said(3)), event(said(4, { text: '@Ada look' })), event(said(5, { user: ada })), came)
    expect(told).toEqual(['lobby, 2 online'])
    expect(heard).toEqual([
      { name: 'Bob', text: 'text 3', mentions: false },
      { name: 'Bob', text: '@Ada look', mentions: true },
    ])
    expect(gathered()).toBe(null)
  })

  test('[A3] words without their marks', () => {
    const { heard, hear } = aRoom()
    hear(event(said(3, { text: '**now** or _never_\n\n```\nlet a = 1\n```' })))
    expect(heard.map(({ text }) => text)).toEqual(['now or never let a = 1'])
  })

  test('[A3] who comes and goes, where that was chosen; whoever came and went meanwhile is not told', () => {
    const one = aRoom({ spoken: 'all' })
    one.hear(came)
    expect(one.gathered()).toBe('Eve came online')
    const other = aRoom({ spoken: 'all' })
    other.hear(came)
    other.hear(went)
    expect(other.gathered()).toBe('')
  })

  test('[A3] nothing, where that was chosen', () => {
    const { heard, hear, gathered } = aRoom({ spoken: 'nothing' })
    hear(event(said(3)), came)
    expect([heard, gathered()]).toEqual([[], null])
  })
})
