import { describe, expect, test } from 'bun:test'
import { errorFrame } from '../../../src/hub/answerFrames.ts'
import { ChatError, ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { aHub, aLobby, settled, type Screen } from '../../support/hub/aHub.ts'

/** For benches of order, not of limits. */
const UNLIMITED = { sends: { perSecond: 1e6, burst: 1e6 } }

/** `kind seq` of what was heard, and the nonce where there is no seq. */
const told = ({ heard }: Screen) =>
  heard.map((frame) => `${frame.type} ${'seq' in frame ? frame.seq : 'nonce' in frame ? frame.nonce : ''}`)

const said = (nonce: string, text = 'hi', room = 'lobby'): ClientFrame => ({
  type: 'send',
  nonce,
  room,
  text,
})

describe('a message', () => {
  test('[M1] is heard by everybody in the room, its author first of all by the event and then by the ack', async () => {
    const { ada, bob } = await aLobby()
    await ada.send('hello', 'nonce-000')
    expect(told(ada)).toEqual(['event 1', 'ack 1'])
    expect(bob.heard).toEqual([
      expect.objectContaining({ type: 'event', room: 'lobby', seq: 1, text: 'hello' }),
    ])
  })

  test('[M1] nobody hears it, nor its ack, before it is stored', async () => {
    const { ada, bob, store } = await aLobby()
    store.pause()
    await ada.send('hello')
    expect([...ada.heard, ...bob.heard]).toEqual([])
    store.resume()
    await settled()
    expect([told(ada), told(bob)]).toEqual([['event 1', 'ack 1'], ['event 1']])
  })

  test('[M2] sent again under its nonce is one message, whether or not the first was through', async () => {
    const { ada, bob, store } = await aLobby()
    store.pause()
    ada.say(said('nonce-000'), said('nonce-000'))
    await settled()
    store.resume()
    await settled()
    await ada.send('hi', 'nonce-000')
    expect(told(bob)).toEqual(['event 1'])
    const [first, ...again] = ada.connection.all('ack')
    expect(first).not.toHaveProperty('duplicate')
    expect(again).toEqual(Array(2).fill({ ...first, duplicate: true }))
  })

  test('[M3] with a nonce used for something else is refused, and the first stays', async () => {
    const { ada, bob, hub } = await aLobby()
    await hub.rooms.create(ada.self, { name: 'Tea' })
    ada.say({ type: 'join', ref: 'r', room: 'tea' }, said('nonce-000'))
    ada.say(said('nonce-000', 'other'), said('nonce-000', 'hi', 'tea'))
    await settled()
    expect(ada.connection.all('error')).toMatchObject([
      { nonce: 'nonce-000', code: 'nonceReused', retry: false },
      { nonce: 'nonce-000', code: 'nonceReused', retry: false },
    ])
    expect(bob.heard).toMatchObject([{ text: 'hi' }])
  })

  test('[M4] under a nonce that somebody else used is another message', async () => {
    const { ada, bob } = await aLobby()
    await ada.send('mine', 'nonce-000')
    await bob.send('mine too', 'nonce-000')
    expect(bob.connection.all('event')).toMatchObject([{ text: 'mine' }, { text: 'mine too' }])
    expect(bob.connection.all('ack')).toEqual([expect.not.objectContaining({ duplicate: true })])
  })

  test('[M5] to a room that this connection has not joined is refused, also from a member', async () => {
    const { ada, bob, connect } = await aLobby()
    const tab = connect(ada.self)
    await tab.hello([])
    await tab.send('hi', 'nonce-000')
    expect(tab.connection.all('error')).toMatchObject([{ nonce: 'nonce-000', code: 'notMember' }])
    expect(bob.heard).toEqual([])
  })

  test('[M6] of a batch is heard in the order of seqs, and its acks come after all its events', async () => {
    const { ada, store } = await aLobby()
    store.pause()
    ada.say(said('nonce-001'), said('nonce-002'), said('nonce-003'))
    await settled()
    store.resume()
    await settled()
    expect(told(ada)).toEqual(['event 1', 'ack 1', 'event 2', 'event 3', 'ack 2', 'ack 3'])
  })

  test('[M7] waits while a batch is in flight; what waits goes together, 512 at most', async () => {
    const here = await aHub({ limits: UNLIMITED })
    const people = await Promise.all(Array.from({ length: 12 }, (_, n) => here.guest(`P${n}x`, ['lobby'])))
    here.store.pause()
    people.forEach((screen, n) => {
      for (let i = 0; i < 60; i += 1) screen.say(said(`nonce-${n}-${i}`))
    })
    await settled()
    expect(here.store.batches).toEqual([1])
    here.store.resume()
    await settled()
    expect(here.store.batches).toEqual([1, 512, 207])
  })

  test('[M8] beyond 2,000 that wait is refused as overloaded; its nonce stays unused', async () => {
    const here = await aHub({ limits: { ...UNLIMITED, connections: 40 } })
    const ada = await here.guest('Ada')
    const tabs = await Promise.all(
      Array.from({ length: 33 }, async () => {
        const tab = here.connect(ada.self)
        await tab.hello(['lobby'])
        return tab
      }),
    )
    // One person's connections come in one a turn.
    for (let n = 0; n < 5; n += 1) await settled()
    here.store.pause()
    tabs.forEach((tab, n) => {
      for (let i = 0; i < 61; i += 1) tab.say(said(`nonce-${n}-${i}`))
    })
    await settled()
    expect(here.hub.stats().queue).toBe(2_000)
    const refused = tabs.flatMap(({ connection }) => connection.all('error'))
    expect(new Set(refused.map(({ code, retry }) => `${code} ${retry}`))).toEqual(
      new Set(['overloaded true']),
    )
    expect(refused).toHaveLength(33 * 61 - 2_001)
    here.store.resume()
    await settled()
    here.clock.pass(5_000)
    await settled()
    await tabs[0]?.send('hi', refused[0]?.nonce)
    expect(tabs[0]?.connection.all('ack').at(-1)).toMatchObject({ nonce: refused[0]?.nonce, seq: 2_002 })
  })

  test('[M9] is refused while 64 of its connection are without an answer', async () => {
    const { ada, store } = await aLobby({ limits: UNLIMITED })
    store.pause()
    for (let i = 0; i < 65; i += 1) ada.say(said(`nonce-0${i}`))
    await settled()
    expect(ada.heard).toMatchObject([{ type: 'error', nonce: 'nonce-064', code: 'overloaded' }])
    store.resume()
    await settled()
    await ada.send('hi', 'nonce-064')
    expect(ada.connection.all('ack')).toHaveLength(65)
  })

  test('[M10] is the sixteenth at once: too fast, over all tabs of a person, until the time named', async () => {
    const { ada, bob, connect, clock } = await aLobby()
    const tab = connect(ada.self)
    await tab.hello(['lobby'])
    for (let i = 0; i < 8; i += 1) for (const screen of [ada, tab]) await screen.send('hi')
    expect(tab.connection.all('error')).toMatchObject([{ code: 'rateLimited', retry: true, after: 200 }])
    await bob.send('I may')
    expect(bob.connection.all('ack')).toHaveLength(1)
    clock.pass(200)
    await tab.send('again')
    expect(tab.connection.all('ack')).toHaveLength(8)
  })

  test('[M11] that cannot be stored is refused as unavailable and nobody hears it; later its nonce works', async () => {
    const { ada, bob, store } = await aLobby()
    store.fail('writes')
    await ada.send('hi', 'nonce-000')
    expect(ada.heard).toMatchObject([{ type: 'error', nonce: 'nonce-000', code: 'unavailable', retry: true }])
    expect(bob.heard).toEqual([])
    store.heal()
    await ada.send('hi', 'nonce-000')
    expect([told(ada).slice(1), told(bob)]).toEqual([['event 1', 'ack 1'], ['event 1']])
  })

  test('[M12] that answers one whose text is gone is refused; one that answers another of the room is not', async () => {
    const { ada, bob } = await aLobby()
    await bob.send('one')
    const [{ id } = { id: '' }] = bob.connection.all('event')
    ada.say({ ...said('nonce-001'), replyTo: id } as ClientFrame)
    await settled()
    bob.say({ type: 'delete', nonce: 'nonce-delete', room: 'lobby', target: id })
    await settled()
    ada.say({ ...said('nonce-002'), replyTo: id } as ClientFrame)
    await settled()
    expect(bob.connection.all('event').at(1)).toMatchObject({ seq: 2, replyTo: id })
    expect(ada.connection.all('error')).toMatchObject([{ nonce: 'nonce-002', code: 'gone' }])
  })

  test('[M13] is put into words once, however many hear it', async () => {
    const { ada, guest, topics } = await aLobby()
    await Promise.all(Array.from({ length: 10 }, (_, n) => guest(`P${n}x`, ['lobby'])))
    topics.published.length = 0
    await ada.send('hi')
    expect(topics.published).toHaveLength(1)
  })

  test('[M16] whose author has gone before the answer is stored and heard by the others all the same', async () => {
    const { ada, bob, store } = await aLobby()
    store.pause()
    await ada.send('last words')
    ada.connection.end()
    await settled()
    store.resume()
    await settled()
    expect(bob.heard).toMatchObject([{ type: 'event', text: 'last words' }])
  })

  test('[S13] has the author, the time and the id that the hub gives it', async () => {
    const { ada, bob, clock } = await aLobby()
    const forged = { user: { id: 'f', name: 'Bob' }, at: 1, seq: 99, id: 'f', kind: 'notice' }
    ada.say({ ...said('nonce-000'), ...forged } as ClientFrame)
    await settled()
    const user = { id: ada.self.id, name: 'Ada' }
    expect(bob.heard).toMatchObject([{ seq: 1, kind: 'message', at: clock.now(), user }])
    expect(bob.heard).not.toMatchObject([{ id: 'f' }])
  })
})

describe('an error', () => {
  test('[M17] has at most 200 bytes, the words of its code and nothing of what was thrown', () => {
    const asked = { nonce: 'n'.repeat(64) }
    const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => code !== 'wrongHost')
    for (const code of codes) {
      const frame = errorFrame(new ChatError(code, 'secret', { after: 999_999 }), asked)
      expect(frame).toMatchObject({ code, message: ERRORS[code].message, retry: ERRORS[code].retry })
      if (code === 'rateLimited') expect(frame.after).toBe(999_999)
      expect(JSON.stringify({ ...frame, after: undefined }).length).toBeLessThanOrEqual(200)
    }
    expect(errorFrame(new Error('secret'), { ref: 'r' })).toEqual({
      type: 'error',
      ref: 'r',
      code: 'internal',
      message: ERRORS.internal.message,
      retry: true,
    })
  })
})
