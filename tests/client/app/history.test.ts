import { expect, test } from 'bun:test'
import { createHistoryActions } from '../../../src/client/app/actions/historyActions.ts'
import type { ApiResult } from '../../../src/client/net/api.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { HistoryPage } from '../../../src/shared/model.ts'
import type { FirstPage } from '../../../src/shared/protocol.ts'
import { firstPage, history, NOON, said, welcome } from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { some } from '../../support/someChanges.ts'

/** The lobby, whose HTTP requests are answered by `answer` with a page or, for null, a failure. */
function aRoom(
  first: FirstPage | null,
  answer: (query: string, count: number) => HistoryPage | 'early' | null,
) {
  const store = createStore(reduce)
  const time = fakeTime()
  const asked: string[] = []
  const hear = (page: FirstPage) => store.dispatch({ type: 'framesReceived', frames: [page], now: NOON })
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  store.dispatch({ type: 'roomOpened', room: 'lobby', shown: true })
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  if (first !== null) hear(first)
  const messages = async (_room: string, query: string): Promise<ApiResult<HistoryPage>> => {
    asked.push(query)
    const page = answer(query, asked.length)
    if (page === 'early') return { ok: false, code: 'rateLimited', after: 500 }
    return page ? { ok: true, value: page } : { ok: false, code: 'offline' }
  }
  return {
    store,
    actions: createHistoryActions(store, { messages }, time.after),
    time,
    asked,
    hear,
    get lobby() {
      return store.get().rooms['lobby']!
    },
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const newest = firstPage(some(51, 100))

test('[C113] a page older than the room’s frames is requested three times, then fails, and can be requested again', async () => {
  let head = 99
  const page = aRoom(newest, () => history(some(1, 50), { head }))
  page.actions.loadOlder('lobby')
  await settled()
  expect([page.asked, page.lobby.older]).toEqual([Array(3).fill('before=51'), 'failed'])
  head = 100
  page.actions.loadOlder('lobby')
  await settled()
  expect([page.lobby.rows.length, page.lobby.older]).toEqual([100, 'none'])
})

test('[C113] jumps and pins are requested again too if their page is older than the room’s frames', async () => {
  const page = aRoom(newest, (query, count) =>
    history(query.startsWith('around') ? some(1, 40) : [{ ...said(7), pinned: true }], {
      head: count % 2 === 1 ? 99 : 100,
      newer: true,
    }),
  )
  expect(await page.actions.jumpTo('lobby', 20)).toBe(true)
  page.actions.loadPins('lobby')
  await settled()
  expect(page.lobby.pins).toHaveLength(1)
})

test('[U331] pages requested too early come later, the newest request first, and nothing fails', async () => {
  const page = aRoom(newest, (query, count) => {
    if (count <= 2) return 'early'
    return history(query.startsWith('pinned') ? [{ ...said(7), pinned: true }] : some(1, 50), { head: 100 })
  })
  page.actions.loadOlder('lobby')
  await settled()
  page.actions.loadPins('lobby')
  await settled()
  expect(page.lobby.older).toBe('loading')
  for (const _ of [1, 2, 3]) {
    page.time.pass(500)
    await settled()
  }
  expect(page.asked).toEqual(['before=51', 'pinned=true', 'pinned=true', 'before=51'])
  expect([page.lobby.pins?.length, page.lobby.older]).toEqual([1, 'none'])
})

test('[U331] nothing is requested again for a person who has signed out', async () => {
  const page = aRoom(newest, () => 'early')
  page.actions.loadPins('lobby')
  await settled()
  page.actions.end()
  page.time.pass(10_000)
  await settled()
  expect(page.asked).toEqual(['pinned=true'])
})

test('[U27] a jump to the message of a link waits for the first page', async () => {
  const page = aRoom(null, () => history(some(1, 40), { head: 100, newer: true }))
  const jump = page.actions.jumpTo('lobby', 20)
  await Promise.resolve()
  expect(page.asked).toEqual([])
  page.hear(newest)
  expect(await jump).toBe(true)
  expect(page.lobby.historyWindow?.centerSeq).toBe(20)
})

test('[C123] quotes that did not fit into an answer are requested again, the others are gone', async () => {
  const page = aRoom(newest, (query, count) =>
    count === 1
      ? history([said(3)], { head: 100, older: true })
      : history(query.includes('id-1') ? [said(1)] : [], { head: 100 }),
  )
  page.actions.loadQuotes('lobby', ['id-1', 'id-3', 'id-none'])
  await settled()
  expect(page.asked).toEqual(['ids=id-1,id-3,id-none', 'ids=id-1,id-none'])
  expect(page.lobby.quotes.map(({ id, text }) => [id, text])).toEqual([
    ['id-3', 'text 3'],
    ['id-1', 'text 1'],
    ['id-none', null],
  ])
})

test('[C123] an answer without any of the quotes ends the requests', async () => {
  const page = aRoom(newest, () => history([], { head: 100, older: true }))
  page.actions.loadQuotes('lobby', ['id-1'])
  await settled()
  expect(page.asked).toHaveLength(1)
})

test('[U143, U15] one page of older messages is requested at a time', async () => {
  const page = aRoom(null, () => history(some(1, 50), { head: 100 }))
  const end = new AbortController()
  // Within a watch the next dispatch is only queued.
  page.store.watch(
    ({ rooms }) => rooms['lobby']?.older,
    () => {
      page.actions.loadOlder('lobby')
      page.actions.loadOlder('lobby')
    },
    end.signal,
  )
  page.hear(newest)
  await settled()
  end.abort()
  expect(page.asked).toEqual(['before=51'])
})
