import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../../src/shared/errors.ts'
import { NAME_FAULTS } from '../../../src/shared/names.ts'
import { type Screen, aHub, aLobby, settled } from '../../support/hub/aHub.ts'

const DAY = 24 * 60 * 60 * 1000

/** What somebody is told who may not: code, words and what comes with them. */
async function refusal(asked: Promise<unknown>) {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ChatError)) throw new Error('expected a ChatError', { cause: error })
  return { code: error.code, message: error.message, ...error.details }
}

describe('signing up', () => {
  test('[I5] makes a guest whom the session brings back', async () => {
    const { hub } = await aHub()
    const ada = await hub.sessions.signUp('  Ada ', 'hash')
    expect(ada).toEqual({ id: ada.id, name: 'Ada', role: 'guest' })
    expect(await hub.sessions.whoIs('hash')).toEqual(ada)
    expect(await hub.sessions.whoIs('another')).toBe(null)
  })

  test.each([
    ['', 'empty'],
    ['x'.repeat(25), 'long'],
    ['a\u0000b', 'characters'],
    ['аdmin', 'mixed'],
    ['Admin', 'reserved'],
    ['Bot', 'reserved'],
  ] as const)('[I1, I2, I4] as %j is refused in words: %s', async (typed, fault) => {
    const { hub } = await aHub()
    expect(await refusal(hub.sessions.signUp(typed, 'hash'))).toEqual({
      code: 'nameInvalid',
      message: NAME_FAULTS[fault],
      reason: fault,
      ...(fault === 'reserved' && { suggestion: 'Visitor' }),
    })
  })

  test('[I3] under a name that is held, or looks like it, is refused with a free one', async () => {
    const { hub } = await aHub()
    await hub.sessions.signUp('Ann', '1')
    await hub.sessions.signUp('Ann2', '2')
    for (const typed of ['Ann', 'ANN', 'A n n', 'Änn']) {
      const { code, suggestion } = await refusal(hub.sessions.signUp(typed, '3'))
      expect({ typed, code, suggestion }).toEqual({ typed, code: 'nameTaken', suggestion: `${typed}3` })
    }
    const long = 'x'.repeat(24)
    await hub.sessions.signUp(long, '4')
    expect(await refusal(hub.sessions.signUp(long, '5'))).toMatchObject({ suggestion: `${'x'.repeat(23)}2` })
  })

  test('[S12] by a hundred at once under one name makes one guest', async () => {
    const { hub } = await aHub()
    const all = Array.from({ length: 100 }, (_, n) => hub.sessions.signUp('Ann', `session ${n}`))
    const settled = await Promise.allSettled(all)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('[M11] while nothing can be stored is refused as unavailable', async () => {
    const { hub, store } = await aHub()
    store.fail('writes')
    expect(await refusal(hub.sessions.signUp('Ann', '1'))).toMatchObject({ code: 'unavailable' })
  })
})

describe('a name', () => {
  test('[I5] is held for its guest while away, and for a day if nothing was written', async () => {
    const { hub, clock, pass } = await aHub()
    await hub.sessions.signUp('Ann', '1')
    clock.pass(DAY)
    expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
    clock.pass(1)
    await hub.sessions.signUp('Ann', '2')
    await pass(0)
    expect(await hub.sessions.whoIs('1')).toBe(null)
  })

  test('[I5] of somebody who wrote is held until the session ends by not being used', async () => {
    const { hub, clock, guest } = await aHub()
    const ann = await guest('Ann', ['lobby'])
    await ann.send('I was here')
    ann.connection.end()
    clock.pass(89 * DAY)
    expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
    expect(await hub.sessions.whoIs('session of Ann')).toMatchObject({ name: 'Ann' })
    await settled()
    clock.pass(90 * DAY + 1)
    expect(await hub.sessions.whoIs('session of Ann')).toBe(null)
    await hub.sessions.signUp('Ann', '2')
  })

  test('[I5] of somebody online is held however long they stay', async () => {
    const { hub, clock, guest } = await aHub()
    const ann = await guest('Ann')
    for (let minute = 0; minute < 30 * 60; minute += 1) {
      ann.say({ type: 'beat' })
      await settled()
      clock.pass(60_000)
      hub.tick()
    }
    expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
  })

  test('[I7] that was given back gives no past: what was said stays with the one who said it', async () => {
    const { hub, guest, connect } = await aHub()
    const ann = await guest('Ann', ['lobby'])
    await ann.send('mine')
    await hub.sessions.signOut('session of Ann')
    const other = connect(await hub.sessions.signUp('Ann', 'another session'), 'another session')
    await other.hello(['lobby'])
    expect(other.self.id).not.toBe(ann.self.id)
    const [row] = other.connection.all('sync').flatMap(({ messages = [] }) => messages)
    if (row?.kind !== 'message') throw new TypeError('no message')
    expect(row.user).toEqual({ id: ann.self.id, name: 'Ann' })
    other.say({ type: 'edit', nonce: 'nonce-edit', room: 'lobby', target: row.id, text: 'not mine' })
    other.say({ type: 'delete', nonce: 'nonce-delete', room: 'lobby', target: row.id })
    await settled()
    expect(other.connection.all('error')).toMatchObject([{ code: 'forbidden' }, { code: 'forbidden' }])
  })

  test('[I6] can be changed once in 30 s and five times a day; the old one stays theirs for a day', async () => {
    const { hub, clock } = await aHub()
    let ann = await hub.sessions.signUp('Ann', '1')
    ann = await hub.sessions.names.rename(ann, 'Anna')
    expect(await hub.sessions.whoIs('1')).toEqual({ id: ann.id, name: 'Anna', role: 'guest' })
    clock.pass(10_000)
    expect(await refusal(hub.sessions.names.rename(ann, 'Anne'))).toMatchObject({
      code: 'rateLimited',
      after: 20_000,
    })
    expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
    for (const name of ['Ann', 'Ana', 'Anouk', 'Anya']) {
      clock.pass(30_000)
      ann = await hub.sessions.names.rename(ann, name)
    }
    clock.pass(30_000)
    const { code, after } = await refusal(hub.sessions.names.rename(ann, 'Annika'))
    expect({ code, after }).toEqual({ code: 'rateLimited', after: DAY - 5 * 30_000 - 10_000 })
    clock.pass(after ?? 0)
    await hub.sessions.names.rename(ann, 'Annika')
    clock.pass(60_000)
    await hub.sessions.whoIs('1')
    await hub.sessions.signUp('Anna', '3')
    expect(await hub.sessions.whoIs('1')).toMatchObject({ name: 'Annika' })
  })

  test('[I6] that is taken or cannot be is refused, and costs no renaming', async () => {
    const { ada, hub } = await aLobby()
    expect(await refusal(hub.sessions.names.rename(ada.self, 'Bob'))).toMatchObject({
      code: 'nameTaken',
      suggestion: 'Bob2',
    })
    expect(await refusal(hub.sessions.names.rename(ada.self, 'root'))).toMatchObject({ code: 'nameInvalid' })
    expect(await hub.sessions.names.rename(ada.self, 'Ada')).toEqual(ada.self)
    expect(await hub.sessions.names.rename(ada.self, 'ADA')).toMatchObject({ id: ada.self.id, name: 'ADA' })
  })
})

describe('signing out', () => {
  test('[S15] closes all sockets of the person with 4501, and nothing reaches them any more', async () => {
    const { ada, bob, hub, connect } = await aLobby()
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    await hub.sessions.signOut('session of Bob')
    tab.forget()
    await ada.send('is he gone?')
    expect([bob.connection.closed, tab.connection.closed]).toEqual([4501, 4501])
    expect([...bob.heard, ...tab.heard]).toEqual([])
    expect(await hub.sessions.whoIs('session of Bob')).toBe(null)
    expect(hub.stats()).toEqual({ connections: 1, users: 1, queue: 0 })
  })

  test('[S48] closes the sockets of that session alone; the person’s other devices go on as they were', async () => {
    const { ada, bob, hub, store, connect } = await aLobby()
    store.addSession(bob.self.id, 'phone')
    const phone = connect(bob.self, 'phone')
    await phone.hello(['lobby'])
    expect(await hub.sessions.whoIs('phone')).toEqual(bob.self)
    ada.forget()
    await hub.sessions.signOut('phone')
    await settled()
    expect([phone.connection.closed, bob.connection.closed]).toEqual([4501, null])
    expect(connect(bob.self, 'phone').connection.closed).toBe(4501)
    expect(ada.heard).toEqual([])
    bob.forget()
    await bob.send('still here')
    expect(bob.connection.all('ack')).toHaveLength(1)
    expect(await store.memberships(bob.self.id)).toMatchObject([{ room: 'lobby' }])
    expect(connect(bob.self).connection.closed).toBe(null)
  })

  test('[S48] a guest is gone with the last session: name, memberships and presence', async () => {
    const { ada, bob, hub, store, connect, guest } = await aLobby()
    store.addSession(bob.self.id, 'phone')
    const phone = connect(bob.self, 'phone')
    await phone.hello(['lobby'])
    await hub.sessions.signOut('session of Bob')
    ada.forget()
    await hub.sessions.signOut('phone')
    expect([phone.connection.closed, bob.connection.closed]).toEqual([4501, 4501])
    expect(ada.connection.all('presence')).toMatchObject([{ left: [bob.self.id] }])
    expect(await store.memberships(bob.self.id)).toEqual([])
    expect((await guest('Bob')).self.id).not.toBe(bob.self.id)
  })

  test('[S48] is noticed for each session by itself where another process ends it', async () => {
    const { ada, bob, hub, store, connect, pass } = await aLobby()
    store.addSession(bob.self.id, 'phone')
    const phone = connect(bob.self, 'phone')
    await phone.hello(['lobby'])
    await hub.sessions.whoIs('phone')
    await store.endSession('phone')
    for (let second = 0; second < 310; second += 10) {
      for (const screen of [ada, bob, phone]) screen.say({ type: 'beat' })
      await pass(10)
    }
    expect([phone.connection.closed, bob.connection.closed, ada.connection.closed]).toEqual([
      4501,
      null,
      null,
    ])
  })

  test('[S15] counts for a socket that was being opened meanwhile', async () => {
    const { hub, connect } = await aHub()
    const ada = await hub.sessions.signUp('Ada', 'hash')
    await hub.sessions.signOut('hash')
    expect(connect(ada, 'hash').connection.closed).toBe(4501)
  })

  test('[S15] stops what a socket had under way', async () => {
    const { bob, hub, store } = await aLobby()
    bob.say(
      { type: 'join', ref: 'r', room: 'lobby' },
      { type: 'send', nonce: 'nonce-000', room: 'lobby', text: 'hi' },
    )
    await hub.sessions.signOut('session of Bob')
    bob.say({ type: 'send', nonce: 'nonce-001', room: 'lobby', text: 'hi' })
    await settled()
    expect((await store.events('lobby', 0, 10)).map(({ nonce }) => nonce)).not.toContain('nonce-001')
  })

  test('[K60] beside a join, a new room and a new name refuses these as unauthenticated, and logs nothing', async () => {
    const { ada, bob, hub, log, store } = await aLobby()
    await hub.rooms.create(ada.self, { name: 'Den' })
    store.pause()
    const gone = hub.sessions.signOut('session of Bob')
    await settled()
    const asked = Promise.allSettled([
      refusal(hub.rooms.create(bob.self, { name: 'Attic' })),
      refusal(hub.sessions.names.rename(bob.self, 'Rob')),
      refusal(hub.rooms.enter(bob.self, 'den')),
    ])
    await settled()
    store.resume()
    await gone
    const codes = (await asked).map((one) => (one.status === 'fulfilled' ? one.value.code : one.reason))
    expect(codes).toEqual(['unauthenticated', 'unauthenticated', 'unauthenticated'])
    expect(await store.room('attic')).toBe(null)
    expect(await store.memberships(bob.self.id)).toEqual([])
    expect(log.errors).toEqual([])
    expect(ada.connection.closed).toBe(null)
  })

  test('[S15] of an unknown session does nothing', async () => {
    const { hub } = await aHub()
    await hub.sessions.signOut('nobody')
    expect(hub.stats().connections).toBe(0)
  })
})

describe('connections', () => {
  test('[S7] of one person are twenty: one more takes the place of the one whose beat is unanswered longest, else the oldest', async () => {
    const { hub, connect, pass } = await aHub()
    const ada = await hub.sessions.signUp('Ada', 'hash')
    const tabs: Screen[] = []
    for (let n = 0; n < 20; n += 1) {
      tabs.push(connect(ada))
      await tabs.at(-1)?.hello()
      await pass(1)
    }
    const closed = () => tabs.flatMap(({ connection }, n) => (connection.closed === 4509 ? [n] : []))
    tabs.push(connect(ada))
    expect(closed()).toEqual([0])
    await tabs.at(-1)?.hello()
    // All are asked, one a second from here on; the first three do not answer.
    for (let second = 0; second < 30; second += 1) {
      await pass(1)
      for (const [n, tab] of tabs.entries())
        if (n > 3 && tab.heard.at(-1)?.type === 'beat' && tab.connection.isOpen) {
          tab.forget()
          tab.say({ type: 'beat' })
        }
    }
    for (let n = 0; n < 4; n += 1) tabs.push(connect(ada))
    expect(closed()).toEqual([0, 1, 2, 3, 4])
  })
})
