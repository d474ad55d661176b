import { expect, test } from 'bun:test'
import type { Mention } from '../../../src/shared/model.ts'
import { mentionsAfterEdit, notifiedBy } from '../../../src/shared/mentions.ts'
import { aHub, aLobby, aTalk, nonce, settled, UNLIMITED, type Client } from '../../support/hub/aHub.ts'

const youOf = (client: Client) => client.all('sync').at(-1)?.you

test('[C18] unread messages are those of others since the person became a member; some of them are mentions', async () => {
  const { ada, bob, connect } = await aLobby()
  await ada.send('one')
  await ada.send('two for @bob')
  await bob.send('mine does not count')
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  expect(youOf(tab)).toEqual({ role: 'guest', readSeq: 0, unread: 2, mentions: 1 })
})

test('[C18, U73, M74] unread counts are true at the end of the page, whatever is stored while it is read', async () => {
  for (let instant = 0; instant < 40; instant += 1) {
    const here = await aHub({ limits: UNLIMITED, late: () => instant % 4 })
    const ada = await here.guest('Ada', ['lobby'])
    const bob = await here.guest('Bob', ['lobby'])
    bob.connection.end()
    for (const text of ['@Bob one', 'two', '@Bob three']) await ada.send(text)
    const [one = '', two = ''] = ada.all('event').map(({ id }) => id)
    const tab = here.connect(bob.self)
    tab.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 0, id: null }] })
    for (let turn = 0; turn < instant; turn += 1) await Promise.resolve()
    const room = 'lobby'
    ada.say({ type: 'delete', nonce: nonce(), room, target: one })
    ada.say({ type: 'edit', nonce: nonce(), room, target: two, text: '@bob two' })
    ada.say({ type: 'send', nonce: nonce(), room, text: '@Bob four' })
    for (let n = 0; n < 4; n += 1) await settled()
    expect({ instant, ...countedBy(tab) }).toEqual({ instant, unread: 3, mentions: 2 })
  }
})

test('[C18] unread messages are counted from the read position at the moment the page is sent', async () => {
  const { at, ada, guest, connect } = await aTalk(1)
  const bob = await guest('Bob', ['lobby'])
  await ada.sendMany(300)
  const tab = connect(bob.self)
  await tab.hello()
  tab.connection.framesUntilStall = 1
  await tab.ask({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  await bob.ask({ type: 'read', room: 'lobby', seq: 299 })
  tab.connection.drain()
  await settled()
  expect(youOf(tab)).toMatchObject({ readSeq: 299, unread: 2 })
})

test('[U214] a read position goes back on request, also on the device, and is told to all connections of the person', async () => {
  const { ada, bob, connect, pass } = await aLobby()
  for (const text of ['one', 'two @Bob', 'three']) await ada.send(text)
  const head = ada.all('event').at(-1)?.seq ?? 0
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  bob.say({ type: 'read', room: 'lobby', seq: head })
  bob.say({ type: 'read', room: 'lobby', seq: head - 2 })
  await pass(1)
  expect(tab.all('read').at(-1)).toEqual({ type: 'read', room: 'lobby', seq: head, unread: 0, mentions: 0 })
  bob.forget()
  bob.say({ type: 'read', room: 'lobby', seq: head - 2, back: true })
  await pass(1)
  const back = { type: 'read', room: 'lobby', seq: head - 2, unread: 2, mentions: 1, back: true } as const
  expect([bob.all('read'), tab.all('read').at(-1)]).toEqual([[back], back])
  const phone = connect(bob.self)
  await phone.hello(['lobby'])
  expect(youOf(phone)).toMatchObject({ readSeq: head - 2, unread: 2, mentions: 1 })
  tab.say({ type: 'read', room: 'lobby', seq: head })
  await pass(1)
  expect(bob.all('read').at(-1)).toMatchObject({ seq: head, unread: 0 })
  // A position ahead of the present one is no way back.
  bob.say({ type: 'read', room: 'lobby', seq: head, back: true })
  await pass(1)
  expect(tab.all('read')).toHaveLength(3)
})

test('[U214] what is read after going back is told to the reading connection too: the two may have crossed', async () => {
  const { ada, bob, pass } = await aLobby()
  for (const text of ['one', 'two', 'three']) await ada.send(text)
  const head = ada.all('event').at(-1)?.seq ?? 0
  bob.say({ type: 'read', room: 'lobby', seq: head })
  await pass(1)
  bob.say({ type: 'read', room: 'lobby', seq: head - 2, back: true })
  await pass(1)
  bob.forget()
  bob.say({ type: 'read', room: 'lobby', seq: head - 1 })
  await pass(1)
  expect(bob.all('read')).toEqual([{ type: 'read', room: 'lobby', seq: head - 1, unread: 1, mentions: 0 }])
  bob.say({ type: 'read', room: 'lobby', seq: head })
  await pass(1)
  expect(bob.all('read')).toHaveLength(1)
})

test('[C137] a client that reads while 1,000 or more are unread is told the new count: it cannot subtract from 1,000', async () => {
  const { ada, bob, connect, pass } = await aLobby({ limits: UNLIMITED })
  await ada.sendMany(1_100, (n) => (n === 1_051 ? '@Bob' : 'text'))
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  expect(youOf(tab)).toMatchObject({ unread: 1_000, mentions: 1 })
  bob.forget()
  bob.say({ type: 'read', room: 'lobby', seq: 600 })
  await pass(1)
  const read = { type: 'read', room: 'lobby', seq: 600, unread: 500, mentions: 1 } as const
  expect([bob.all('read'), tab.all('read')]).toEqual([[read], [read]])
  bob.say({ type: 'read', room: 'lobby', seq: 700 })
  await pass(1)
  expect(bob.all('read')).toEqual([read])
})

test('[C19] a read position only rises, and not above the head; only the other connections hear it', async () => {
  const { ada, bob, connect, pass } = await aLobby()
  for (let n = 0; n < 3; n += 1) await ada.send('hi @Bob')
  const tab = connect(bob.self)
  await tab.hello([])
  for (const seq of [2, 1, 9]) bob.say({ type: 'read', room: 'lobby', seq })
  await pass(1)
  expect(tab.all('read')).toEqual([{ type: 'read', room: 'lobby', seq: 2, unread: 1, mentions: 1 }])
  expect([...bob.all('read'), ...ada.all('read')]).toEqual([])
})

test('[C19] a read position moves as soon as the room is joined, while its pages are under way', async () => {
  const { ada, at, connect } = await aTalk(3)
  ada.connection.end()
  const tab = connect(ada.self)
  await tab.hello([])
  tab.connection.stall()
  await tab.ask({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  tab.say({ type: 'read', room: 'lobby', seq: 3 })
  tab.connection.drain()
  await settled()
  expect(youOf(tab)).toMatchObject({ readSeq: 3, unread: 0 })
})

test('[C19] a read position is stored within a second, again if the disk refuses, and known at once to a new connection', async () => {
  const { ada, bob, store, connect, pass } = await aLobby()
  await ada.send('one')
  await ada.send('two')
  store.fail('writes')
  bob.say({ type: 'read', room: 'lobby', seq: 1 })
  await pass(1)
  expect(await store.membership(bob.self.id, 'lobby')).toMatchObject({ readSeq: 0 })
  store.heal()
  bob.connection.end()
  await settled()
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  expect(youOf(tab)).toMatchObject({ readSeq: 1, unread: 1 })
  await pass(1)
  expect(await store.membership(bob.self.id, 'lobby')).toMatchObject({ readSeq: 1 })
})

test('[C136] a read position costs no query if the person has no other connection', async () => {
  const asked = new Set<string>()
  const { ada, bob, pass } = await aLobby({
    late: (method) => (asked.add(method), 0),
  })
  await ada.send('one')
  asked.clear()
  bob.say({ type: 'read', room: 'lobby', seq: 1 })
  await pass(1)
  expect(asked).toEqual(new Set(['saveReads', 'heads']))
})

test('[U71, M74] a read position is told with a count of no more than the client has been shown', async () => {
  const { ada, bob, store, connect, pass } = await aLobby()
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  for (const text of ['one', 'two']) await ada.send(text)
  await bob.ask({ type: 'read', room: 'lobby', seq: 1 })
  tab.forget()
  // Another node has stored an event that this node has not shown yet.
  const user = { id: 'far', name: 'Far' }
  await store.commit([
    { kind: 'message', room: 'lobby', id: 'far', at: 1, user, nonce: 'nonce-far', text: 'far' },
  ])
  await pass(4)
  expect(tab.heard).toMatchObject([
    { type: 'event', id: 'far' },
    { type: 'read', seq: 1, unread: 2 },
  ])
})

/** What a client counts as unread: the count of its page, and its changes by the events heard afterwards. */
function countedBy(client: Client): { unread: number; mentions: number } {
  const page = client.all('sync').at(-1)
  if (!page?.you) throw new Error('no page')
  const known = new Map<string, readonly Mention[] | undefined>()
  for (const event of [...(page.messages ?? []), ...page.events])
    if (event.kind === 'message') known.set(event.id, event.gone ? undefined : (event.mentions ?? []))
  const isMention = (named: readonly Mention[] = []) => Number(notifiedBy(named, '').includes(client.self.id))
  let { unread, mentions } = page.you
  for (const event of client.all('event').filter(({ seq }) => seq > page.head)) {
    if (event.kind !== 'message' && event.kind !== 'edit' && event.kind !== 'delete') continue
    const id = event.kind === 'message' ? event.id : event.target
    const before = known.get(id)
    const named = event.kind === 'delete' ? [] : (event.mentions ?? [])
    const after = event.kind === 'edit' ? mentionsAfterEdit(before ?? [], named) : named
    known.set(id, event.kind === 'delete' ? undefined : after)
    unread += Number(event.kind !== 'delete') - Number(before !== undefined)
    mentions += isMention(after) - isMention(before)
  }
  return { unread, mentions }
}
