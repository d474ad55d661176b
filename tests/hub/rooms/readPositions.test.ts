import { describe, expect, test } from 'bun:test'
import { aLobby, settled } from '../../support/hub/aHub.ts'
import { aTalk } from '../../support/hub/aTalk.ts'

describe('what I have read', () => {
  test('[C18] begins at the head for a newcomer, and is counted from there, mentions too', async () => {
    const { ada, bob, connect } = await aLobby()
    await ada.send('one')
    await ada.send('two for @bob')
    await bob.send('mine does not count')
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    expect(tab.connection.all('sync').at(-1)?.you).toEqual({
      role: 'guest',
      readSeq: 0,
      unread: 2,
      mentions: 1,
    })
  })

  test('[C18] counts once what is said while the pages are under way', async () => {
    const { ada, bob, connect, store } = await aLobby()
    const tab = connect(bob.self)
    tab.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 0, id: null }] })
    for (let n = 0; n < 10; n += 1) {
      ada.say({ type: 'send', nonce: `nonce-1${n}`, room: 'lobby', text: 'hi @Bob' })
      await Promise.resolve()
    }
    await settled()
    const last = tab.connection.all('sync').at(-1)
    const live = tab.connection.all('event').filter(({ seq }) => seq > (last?.head ?? 0)).length
    expect(last?.you).toMatchObject({ unread: 10 - live, mentions: 10 - live })
    expect((await store.heads(['lobby'])).get('lobby')).toBe(10)
  })

  test('[C18] is what has been read when the last page goes out, not when it was asked for', async () => {
    const { at, ada, guest, connect } = await aTalk(1)
    const bob = await guest('Bob', ['lobby'])
    for (let n = 0; n < 300; n += 1)
      ada.say({ type: 'send', nonce: `nonce-1${n}`, room: 'lobby', text: 'hi' })
    for (let n = 0; n < 6; n += 1) await settled()
    const tab = connect(bob.self)
    await tab.hello()
    tab.connection.stallAfter(1)
    tab.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    bob.say({ type: 'read', room: 'lobby', seq: 299 })
    await settled()
    tab.connection.drain()
    await settled()
    expect(tab.connection.all('sync').at(-1)?.you).toMatchObject({ readSeq: 299, unread: 2 })
  })

  test('[C19] goes forward only and not beyond the head; the other screens hear it, this one does not', async () => {
    const { ada, bob, connect, pass } = await aLobby()
    for (let n = 0; n < 3; n += 1) await ada.send('hi @Bob')
    const tab = connect(bob.self)
    await tab.hello([])
    for (const seq of [2, 1, 9]) bob.say({ type: 'read', room: 'lobby', seq })
    await pass(1)
    expect(tab.connection.all('read')).toEqual([
      { type: 'read', room: 'lobby', seq: 2, unread: 1, mentions: 1 },
    ])
    expect([...bob.connection.all('read'), ...ada.connection.all('read')]).toEqual([])
  })

  test('[C19] counts from the frame that joins on, while the pages are still under way', async () => {
    const { ada, at, connect } = await aTalk(3)
    ada.connection.end()
    await settled()
    const tab = connect(ada.self)
    await tab.hello([])
    tab.connection.stall()
    tab.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    tab.say({ type: 'read', room: 'lobby', seq: 3 })
    tab.connection.drain()
    await settled()
    expect(tab.connection.all('sync').at(-1)?.you).toMatchObject({ readSeq: 3, unread: 0 })
  })

  test('[C19] is written within a second, again if the disk refused, and known at once to who joins', async () => {
    const { ada, bob, store, connect, pass } = await aLobby()
    await ada.send('one')
    await ada.send('two')
    store.fail('writes')
    bob.say({ type: 'read', room: 'lobby', seq: 1 })
    await pass(1)
    expect(await store.membership(bob.self.id, 'lobby')).toMatchObject({ readSeq: 0 })
    bob.connection.end()
    await settled()
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    expect(tab.connection.all('sync').at(-1)?.you).toMatchObject({ readSeq: 1, unread: 1 })
    store.heal()
    await pass(1)
    expect(await store.membership(bob.self.id, 'lobby')).toMatchObject({ readSeq: 1 })
  })
})
