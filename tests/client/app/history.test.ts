import { expect, test } from 'bun:test'
import { createHistoryActions } from '../../../src/client/app/actions/historyActions.ts'
import type { ApiResult } from '../../../src/client/net/api.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { HistoryPage } from '../../../src/shared/model.ts'
import type { FirstPage } from '../../../src/shared/protocol.ts'
import { firstPage, history, NOON, numbers, said, welcome } from '../../support/client/aState.ts'
import { some } from '../../support/someChanges.ts'

/** The lobby with this first page; what is asked over HTTP is answered by `answer`. */
function aRoom(first: FirstPage | null, answer: (query: string, times: number) => HistoryPage | null) {
  const store = createStore()
  const asked: string[] = []
  const hear = (page: FirstPage) => store.dispatch({ type: 'framesReceived', frames: [page], now: NOON })
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  store.dispatch({ type: 'roomOpened', room: 'lobby', shown: true })
  store.dispatch({ type: 'syncRequested', room: 'lobby', now: NOON })
  if (first !== null) hear(first)
  const messages = async (_room: string, query: string): Promise<ApiResult<HistoryPage>> => {
    asked.push(query)
    const page = answer(query, asked.length)
    return page ? { ok: true, value: page } : { ok: false, code: 'offline' }
  }
  const lobby = () => {
    const room = store.get().rooms['lobby']
    if (room === undefined) throw new TypeError('the lobby is not open')
    return room
  }
  return { store, actions: createHistoryActions(store, { messages }), asked, hear, lobby }
}

/** Answers that are at hand have come. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const begun = firstPage(some(51, 100))

test('[C113] a page that is older than what the room has heard is asked for again by itself', async () => {
  const { actions, asked, lobby } = aRoom(begun, (_place, times) =>
    history(some(1, 50), { head: times < 3 ? 99 : 100 }),
  )
  actions.loadOlder('lobby')
  await settled()
  expect(asked).toEqual(numbers(1, 3).map(() => 'before=51'))
  expect(lobby().rows).toHaveLength(100)
  expect(lobby().older).toBe('none')
})

test('[C113] three times, and then it has failed, and can be asked for again', async () => {
  let head = 99
  const { actions, asked, lobby } = aRoom(begun, () => history(some(1, 50), { head }))
  actions.loadOlder('lobby')
  await settled()
  expect([asked.length, lobby().older]).toEqual([3, 'failed'])
  head = 100
  actions.loadOlder('lobby')
  await settled()
  expect(lobby().rows).toHaveLength(100)
})

test('[C113] so is one that leads to a message, or shows what is pinned', async () => {
  const { actions, lobby } = aRoom(begun, (query, times) =>
    history(query.startsWith('around') ? some(1, 40) : [{ ...said(7), pinned: true }], {
      head: times % 2 === 1 ? 99 : 100,
      newer: true,
    }),
  )
  expect(await actions.jumpTo('lobby', 20)).toBe(true)
  actions.loadPins('lobby')
  await settled()
  expect(lobby().pins).toHaveLength(1)
})

test('[U27] whoever comes by the link of a message is led there once the first page is here, whatever it holds', async () => {
  const { actions, asked, hear, lobby } = aRoom(null, () => history(some(1, 40), { head: 100, newer: true }))
  const led = actions.jumpTo('lobby', 20)
  await Promise.resolve()
  expect(asked).toEqual([])
  hear(begun)
  expect(await led).toBe(true)
  expect(lobby().historyWindow?.centerSeq).toBe(20)
})

test('[C123] messages that did not fit into an answer are asked for again, and are not taken for gone', async () => {
  const { actions, asked, lobby } = aRoom(begun, (query, times) =>
    times === 1
      ? history([said(3)], { head: 100, older: true })
      : history(query.includes('id-1') ? [said(1)] : [], { head: 100 }),
  )
  actions.loadQuotes('lobby', ['id-1', 'id-3', 'id-none'])
  await settled()
  expect(asked).toEqual(['ids=id-1,id-3,id-none', 'ids=id-1,id-none'])
  expect(lobby().quotes.map(({ id, text }) => [id, text])).toEqual([
    ['id-3', 'text 3'],
    ['id-1', 'text 1'],
    ['id-none', null],
  ])
})

test('[C123] an answer that has none of them ends it', async () => {
  const { actions, asked } = aRoom(begun, () => history([], { head: 100, older: true }))
  actions.loadQuotes('lobby', ['id-1'])
  await settled()
  expect(asked).toHaveLength(1)
})

test('[U143, U15] older messages are asked for once at a time, however often that is wanted', async () => {
  const { store, actions, asked, hear } = aRoom(null, () => history(some(1, 50), { head: 100 }))
  const end = new AbortController()
  // Within the telling of one state the next is not there yet.
  store.watch(
    ({ rooms }) => rooms['lobby']?.older,
    () => {
      actions.loadOlder('lobby')
      actions.loadOlder('lobby')
    },
    end.signal,
  )
  hear(begun)
  await settled()
  end.abort()
  expect(asked).toEqual(['before=51'])
})
