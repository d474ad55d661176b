import { expect, test } from 'bun:test'
import { createSessionActions } from '../../../src/client/app/actions/sessionActions.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { createApi } from '../../../src/client/net/api.ts'
import { Outbox } from '../../../src/client/net/outbox.ts'
import type { SocketOwner } from '../../../src/client/net/socket.ts'
import { memoryStorage } from '../../../src/client/net/storage.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { createSync } from '../../../src/client/app/sync/sync.ts'
import { createChatActions } from '../../../src/client/app/actions/chatActions.ts'
import { markAllReadButton } from '../../../src/client/rooms/markAllReadButton.ts'
import type { Context } from '../../../src/client/app/context.ts'
import type { Self } from '../../../src/shared/model.ts'
import type { ClientFrame, Of } from '../../../src/shared/protocol.ts'
import { counts, firstPage, listed, numbers, said, you } from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

const ADA: Self = { id: 'a1', name: 'Ada', role: 'guest' }
const BOB: Self = { id: 'b1', name: 'Bob', role: 'guest' }
const ROOMS = numbers(1, 25).map((n) => `room-${n}`)

/** What talks, on a wire that joins rooms when it is told so; three messages that are not read in each. */
async function aPage() {
  const time = fakeTime()
  const store = createStore()
  const sent: ClientFrame[] = []
  const joins: Of<'join'>[] = []
  const { signal } = new AbortController()
  let owner: SocketOwner | null = null

  function join({ room, ref, limit }: Of<'join'>): void {
    const events = numbers(1, 3).map((seq) => said(seq, { user: { id: 'e1', name: 'Eve' } }))
    const more = { room, ref, you: { ...you, unread: 3 } }
    owner?.received(limit === 0 ? counts(3, more) : firstPage(events, more))
    time.pass(0)
  }
  const sync = createSync(
    store,
    { now: time.now, after: time.after, draw: (run) => void time.after(0, run), activity: () => 'active' },
    (its) => {
      owner = its
      return {
        start: () => its.stateChanged({ state: 'live' }),
        stop: () => its.closed(1000),
        nudge: () => {},
        probe: () => {},
        send(frame) {
          sent.push(frame)
          if (frame.type === 'join') joins.push(frame)
          return true
        },
      }
    },
    (its) =>
      new Outbox(
        memoryStorage(),
        'tab',
        { now: time.now, after: time.after, random: () => 1, nonce: () => 'nonce' },
        { ...its, storageBlocked: () => {}, unsavedChanged: () => {} },
      ),
    signal,
  )
  const api = createApi(() => Promise.reject(new TypeError('no network')))
  const settings = { choose: () => {}, forget: () => {} }
  const chat = createChatActions(
    store,
    sync,
    api,
    { tell: () => {} },
    { now: time.now, after: time.after, settings },
    signal,
  )
  const session = createSessionActions(
    store,
    api,
    { tell: () => {} },
    { after: time.after, device: null },
    () => Promise.resolve(chat),
  )
  const actions = { ...chat, ...session }
  return {
    time,
    store,
    actions,
    /** The server answers all that was asked. */
    joined: () => joins.splice(0).forEach(join),
    async enter(self: Self) {
      await actions.signedInAs(self)
      store.dispatch({ type: 'roomListChanged', roomList: ROOMS.map((room) => listed(room, { head: 3 })) })
    },
    told: () => sent.flatMap((frame) => (frame.type === 'read' ? frame.room : [])).sort(),
  }
}

const all = ROOMS.toSorted()

test('[U75] all rooms that are followed are told, though others are opened meanwhile', async () => {
  const it = await aPage()
  await it.enter(ADA)
  it.joined()
  it.actions.markAllRead()
  it.joined()
  for (const room of ['attic', 'cellar']) it.actions.openRoom(room)
  it.time.pass(9_999)
  expect(it.told()).toEqual([])
  it.time.pass(2_000)
  expect(it.told()).toEqual(all)
})

test('[U75] a room that comes later than the ten seconds is told once it is there', async () => {
  const it = await aPage()
  await it.enter(ADA)
  it.actions.markAllRead()
  it.time.pass(12_000)
  expect(it.told()).toEqual([])
  it.joined()
  it.time.pass(1_000)
  expect(it.told()).toEqual(all)
  it.time.pass(60_000)
  expect(it.told()).toEqual(all)
})

test('[U75] whoever signs out marks nothing for the next person, neither what was here nor what was to come', async () => {
  for (const here of [true, false]) {
    const it = await aPage()
    await it.enter(ADA)
    if (here) it.joined()
    it.actions.markAllRead()
    await it.actions.signedInAs(null)
    await it.enter(BOB)
    it.actions.openRoom('room-25')
    it.joined()
    it.time.pass(20_000)
    it.joined()
    it.time.pass(1_000)
    expect(it.told()).toEqual([])
    expect(it.store.get().rooms['room-25']?.you).toMatchObject({ unread: 3 })
  }
})

test('[U75] when the page goes, or is hidden, it is told at once, whatever is on screen', async () => {
  const it = await aPage()
  await it.enter(ADA)
  it.joined()
  it.actions.markAllRead()
  it.joined()
  it.actions.flushTimers()
  expect(it.told()).toEqual(all)
})

test('[U75] marked and undone by its entry in the menu, it stays unread, and nobody is told', async () => {
  const it = await aPage()
  await it.enter(ADA)
  it.joined()
  const notes: string[] = []
  const element = h('div', {}, h('div', {}))
  const end = new AbortController()
  const menuEntry = markAllReadButton(
    { store: it.store, actions: it.actions } as unknown as Context,
    { element },
    { say: (words) => void notes.push(words), focusElsewhere: () => {} },
    end.signal,
  )
  const button = menuEntry(end.signal)
  button.click()
  expect(notes).toEqual(['All rooms marked as read'])
  button.click()
  it.time.pass(20_000)
  expect(it.told()).toEqual([])
  expect(it.store.get().rooms['room-1']?.you).toMatchObject({ unread: 3 })
  end.abort()
})
