import { expect, test } from 'bun:test'
import { createReadActions } from '../../../src/client/app/actions/readActions.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { connectionIs, firstPage, NOON, numbers, page, said, welcome } from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

/** A lobby with ten messages of which three are read, and the read positions that the server is told. */
function aReader() {
  const time = fakeTime()
  const frames: ClientFrame[] = []
  const socket = { send: (frame: ClientFrame) => frames.push(frame) > 0 }
  const store = createStore(reduce)
  const events = numbers(1, 10).map((seq) => said(seq))
  const you = { role: 'guest', readSeq: 3, unread: 7, mentions: 0 } as const
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  store.dispatch(connectionIs('live'))
  store.dispatch({ type: 'roomOpened', room: 'lobby', shown: true })
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  store.dispatch({ type: 'framesReceived', frames: [firstPage(events, { you })], now: NOON })
  const reads = createReadActions(store, socket, { tell() {} }, time.after, new AbortController().signal)
  const cut = () => {
    store.dispatch(connectionIs('waiting'))
    store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
    store.dispatch(connectionIs('live'))
  }
  const join = () => {
    store.dispatch({ type: 'syncRequested', room: 'lobby' })
    store.dispatch({ type: 'framesReceived', frames: [page([])], now: NOON })
  }
  const reconnect = () => {
    cut()
    join()
  }
  return { reads, frames, pass: time.pass, cut, join, reconnect, you: () => store.get().rooms['lobby']?.you }
}

test('[U214] messages are unread from where the person was a moment ago: the server hears of that first', () => {
  const { reads, frames, pass } = aReader()
  reads.markReadUpTo('lobby', 10)
  reads.markUnreadFrom('lobby', 8)
  pass(1_000)
  const read = { type: 'read', room: 'lobby' } as const
  expect(frames).toEqual([
    { ...read, seq: 10 },
    { ...read, seq: 7, back: true },
  ])
})

test('[U214] a message that is unread already changes nothing, and what was read before is still told', () => {
  const { reads, frames, pass, you } = aReader()
  reads.markReadUpTo('lobby', 5)
  reads.markUnreadFrom('lobby', 8)
  pass(1_000)
  expect(you()?.readSeq).toBe(5)
  expect(frames).toEqual([{ type: 'read', room: 'lobby', seq: 5 }])
})

test('[U71] what was read just before the connection ended is told again over the next one', () => {
  const { reads, frames, pass, reconnect } = aReader()
  const read = { type: 'read', room: 'lobby' } as const
  reads.markReadUpTo('lobby', 5)
  pass(1_000)
  reconnect()
  pass(1_000)
  expect(frames).toEqual([
    { ...read, seq: 5 },
    { ...read, seq: 5 },
  ])
  reads.markUnreadFrom('lobby', 3)
  reconnect()
  pass(1_000)
  expect(frames.slice(2)).toEqual([
    { ...read, seq: 2, back: true },
    { ...read, seq: 2, back: true },
  ])
  // What was sent long before the end has arrived.
  reads.markReadUpTo('lobby', 9)
  pass(100_000)
  reconnect()
  pass(1_000)
  expect(frames.slice(4)).toEqual([{ ...read, seq: 9 }])
})

test('[U71] what is read before the room is joined anew waits: the server would ignore it', () => {
  const { reads, frames, pass, cut, join } = aReader()
  cut()
  reads.markReadUpTo('lobby', 5)
  pass(1_000)
  expect(frames).toEqual([])
  join()
  pass(10_000)
  expect(frames).toEqual([{ type: 'read', room: 'lobby', seq: 5 }])
})
