import { beforeAll, describe, expect, test } from 'bun:test'
import type { SpokenMessage } from '../../../src/client/ui/liveRegions.ts'
import { loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src/client/state/state.ts'
import { announceRoom } from '../../../src/client/timeline/screenReader.ts'
import type { Presence, ServerFrame } from '../../../src/shared/protocol.ts'
import { ada, eve, event, firstPage, NOON, person, said, welcome, you } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

beforeAll(loadMarkdown)

/** Ada's lobby with two messages in it, and what is announced. */
function aRoom(spoken: Settings['spoken'] = 'messages') {
  const store = createStore(reduce)
  const sentences: string[] = []
  const messages: SpokenMessage[] = []
  let summary: (() => string) | null = null
  const say = (text: string) => void sentences.push(text)
  const hear = (...frames: ServerFrame[]) =>
    store.dispatch({ type: 'framesReceived', frames, now: NOON + 120_000 })
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  store.dispatch({ type: 'connectionChanged', connection: { state: 'live' }, now: NOON })
  store.dispatch({ type: 'settingsChanged', settings: { ...DEFAULT_SETTINGS, spoken } })
  store.dispatch({ type: 'roomOpened', room: 'lobby' })
  const announcer = {
    say,
    warn: say,
    messages: (all: readonly SpokenMessage[]) => void messages.push(...all),
    summary: (sentence: () => string) => void (summary = sentence),
  }
  announceRoom({ store }, 'lobby', announcer, new AbortController().signal)
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  hear(firstPage([said(1), said(2)], { you }))
  const card = { room: 'lobby', name: 'Lobby', topic: '', kind: 'public', count: 2 } as const
  const name = () => store.dispatch({ type: 'roomCardLoaded', room: 'lobby', card })
  return { sentences, messages, hear, name, summary: () => summary?.() ?? null }
}

const joined: Presence = { type: 'presence', room: 'lobby', version: 2, count: 3, joined: [person(eve)] }
const left: Presence = { type: 'presence', room: 'lobby', version: 3, count: 2, left: [eve.id] }

describe('a screen reader hears', () => {
  test('[U176] which room this is by its name and once, however late the name comes', () => {
    const { hear, sentences, name } = aRoom()
    hear(joined)
    expect(sentences).toEqual([])
    name()
    name()
    hear(left)
    expect(sentences).toEqual(['Lobby, 3 online'])
  })

  test('[A3] new messages of others without marks and whether they mention me, but neither history nor mine', () => {
    const { messages, hear, sentences, name, summary } = aRoom()
    name()
    const text = '**now** or _never_\n\n```\nlet a = 1\n```'
    hear(
      event(said(3, { text })),
      event(said(4, { text: '@Ada look' })),
      event(said(5, { user: ada })),
      joined,
    )
    expect(sentences).toEqual(['Lobby, 2 online'])
    expect(messages).toEqual([
      { name: 'Bob', text: 'now or never\nlet a = 1', mentions: false },
      { name: 'Bob', text: '@Ada look', mentions: true },
    ])
    expect(summary()).toBe(null)
  })

  test.each([
    ['all', [joined], 'Eve came online'],
    ['all', [joined, left], ''],
    ['nothing', [joined, event(said(3))], null],
  ] as const)('[A3] with the setting %p and %j: %p', (spoken, frames, sentence) => {
    const { hear, summary, messages } = aRoom(spoken)
    for (const frame of frames) hear(frame)
    expect([summary(), messages]).toEqual([sentence, []])
  })
})
