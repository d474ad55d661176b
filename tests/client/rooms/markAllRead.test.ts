import { expect, test } from 'bun:test'
import { createReadActions } from '../../../src/client/app/actions/readActions.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { ada, bob, counts, listed, NOON, numbers, you } from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

const ROOMS = numbers(1, 25).map((n) => `room-${n}`)

/** A member of 25 rooms with three unread messages each. `join` is the server's answer for all of them. */
function aPage() {
  const time = fakeTime()
  const store = createStore(reduce)
  const readRooms: string[] = []
  const socket = {
    send(frame: { type: string; room?: string }) {
      if (frame.type === 'read' && frame.room !== undefined) readRooms.push(frame.room)
      return true
    },
  }
  const reads = createReadActions(store, socket, { tell: () => {} }, time.after, new AbortController().signal)
  const signIn = (user: typeof ada) => {
    store.dispatch({ type: 'selfChanged', self: { ...user, role: 'guest' } })
    store.dispatch({ type: 'roomListChanged', roomList: ROOMS.map((room) => listed(room, { head: 3 })) })
    for (const room of ROOMS) {
      store.dispatch({ type: 'roomOpened', room, shown: false })
      store.dispatch({ type: 'syncRequested', room })
    }
  }
  const join = () => {
    const frames = ROOMS.map((room) => counts(3, { room, you: { ...you, unread: 3 } }))
    store.dispatch({ type: 'framesReceived', frames, now: NOON })
  }
  signIn(ada)
  const unread = () => store.get().rooms['room-1']?.you?.unread
  return { time, reads, signIn, join, unread, readRooms: () => readRooms.toSorted() }
}

test('[U75] the server is told of all rooms ten seconds after they are marked', () => {
  const { time, reads, join, unread, readRooms } = aPage()
  join()
  reads.markAllRead()
  expect(unread()).toBe(0)
  time.pass(9_999)
  expect(readRooms()).toEqual([])
  time.pass(1_000)
  expect(readRooms()).toEqual(ROOMS.toSorted())
})

test('[U75] nothing is marked for the next person', () => {
  const { time, reads, signIn, join, unread, readRooms } = aPage()
  join()
  reads.markAllRead()
  reads.end()
  signIn(bob)
  join()
  time.pass(20_000)
  expect([readRooms(), unread()]).toEqual([[], 3])
})
