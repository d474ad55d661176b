import { expect, test } from 'bun:test'
import type { Draft } from '../../../src/hub/ports.ts'
import {
  aHub,
  aLobby,
  aTurn,
  nonce,
  seqRange,
  settled,
  UNLIMITED,
  type Client,
} from '../../support/hub/aHub.ts'

/** The last first page that a client heard. */
function firstPage(client: Client) {
  const page = client.all('sync').findLast(({ at }) => at !== undefined)
  if (!page?.at) throw new Error('no first page')
  return page
}

const join = (client: Client, position: { limit?: number; seq?: number; id?: string } = {}) =>
  client.ask({ type: 'join', ref: 'r', room: 'lobby', ...position })

test('[C130] a first page is one frame with the messages as they are, even if 3,000 reactions follow the last one', async () => {
  const { ada, bob, store, guest } = await aLobby({ limits: UNLIMITED })
  await ada.send('hello')
  const target = (await store.idAt('lobby', 1)) ?? ''
  const reactions = Array.from({ length: 3_000 }, (_, n): Draft => {
    const by = { room: 'lobby', id: `e-${n}`, at: n, user: bob.self, nonce: nonce() }
    return { ...by, kind: 'react', target, emoji: '👍', on: n % 2 === 0 }
  })
  await store.commit(reactions)
  await ada.send('still there')
  await bob.ask({ type: 'react', room: 'lobby', nonce: nonce(), target, emoji: '🎉', on: true })
  const eve = await guest('Eve', ['lobby'])
  expect(eve.all('sync')).toHaveLength(1)
  expect(firstPage(eve)).toMatchObject({
    messages: [
      { text: 'hello', reactions: [{ emoji: '🎉', count: 1, users: [{ id: bob.self.id }] }] },
      { text: 'still there' },
    ],
    at: { seq: 3_003 },
    events: [],
    older: false,
    head: 3_003,
    floor: 1,
    more: false,
  })
})

test('[C130] a first page has the same messages for all readers; `mine` lists the reader’s own reactions', async () => {
  const { ada, bob, connect } = await aLobby()
  await ada.send('hello')
  const target = ada.all('event')[0]?.id ?? ''
  await bob.ask({ type: 'react', room: 'lobby', nonce: nonce(), target, emoji: '👍', on: true })
  const [hers, his] = [connect(ada.self), connect(bob.self)]
  for (const tab of [hers, his]) await tab.hello(['lobby'])
  expect(firstPage(his).mine).toEqual({ [target]: ['👍'] })
  expect(firstPage(hers)).not.toHaveProperty('mine')
  expect(firstPage(hers).messages).toEqual(firstPage(his).messages)
  expect(JSON.stringify(firstPage(his).messages)).not.toContain('mine')
})

test('[C131] newcomers within a second share one first page, with later events appended', async () => {
  const asked: string[] = []
  const { ada, guest } = await aLobby({
    late: (method) => (asked.push(method), 0),
  })
  await ada.send('one')
  const first = await guest('Cy', ['lobby'])
  await ada.send('two')
  asked.length = 0
  const second = await guest('Dee', ['lobby'])
  expect(asked).not.toContain('newest')
  const texts = (client: Client) =>
    [...firstPage(client).messages, ...firstPage(client).events].map(({ text }) => text)
  expect([texts(first), texts(second)]).toEqual([['one'], ['one', 'two']])
  expect(firstPage(second).head).toBe(2)
})

test('[C131] a first page is read again after a delete, an edit and a purge, so nobody receives deleted text', async () => {
  const { ada, guest, store, clock } = await aLobby()
  await ada.send('secret')
  await ada.send('typo')
  await guest('Cy', ['lobby'])
  const [secret = '', typo = ''] = ada.all('event').map(({ id }) => id)
  await ada.ask({ type: 'delete', room: 'lobby', nonce: nonce(), target: secret })
  const dee = await guest('Dee', ['lobby'])
  expect(JSON.stringify(dee.heard)).not.toContain('secret')
  await ada.ask({ type: 'edit', room: 'lobby', nonce: nonce(), target: typo, text: 'type' })
  const eve = await guest('Eve', ['lobby'])
  expect(JSON.stringify(eve.heard)).not.toContain('typo')
  await store.purge(clock.now() + 1, 4)
  const fay = await guest('Fay', ['lobby'])
  expect(firstPage(fay)).toMatchObject({ messages: [], older: false, floor: 5, at: { seq: 4 } })
})

test('[C132] a first page has as many messages as requested; with 0 it names nobody either, but has all counts', async () => {
  const { ada, bob, connect } = await aLobby()
  for (const text of ['one', '@Bob two', 'three']) await ada.send(text)
  const tab = connect(bob.self)
  await tab.hello()
  await join(tab, { limit: 2 })
  expect(firstPage(tab)).toMatchObject({ messages: [{ text: '@Bob two' }, { text: 'three' }], older: true })
  await join(tab, { limit: 0 })
  const page = firstPage(tab)
  expect(page).toMatchObject({
    messages: [],
    events: [],
    older: true,
    members: { count: 2, full: [] },
    you: { readSeq: 0, unread: 3, mentions: 1 },
  })
  await ada.send('four')
  expect(tab.heard.at(-1)).toMatchObject({ type: 'event', seq: 4 })
  await join(tab, { limit: 0, seq: 3, id: page.at.id ?? '' })
  expect(tab.all('sync').at(-1)).toMatchObject({ events: [{ text: 'four' }], members: { full: [] } })
})

test('[C133] a join goes live without a hole in a room with a message in every turn and reads of eight turns', async () => {
  const { guest, connect, store } = await aHub({
    limits: UNLIMITED,
    late: (method) => (method === 'commit' ? 0 : -4),
  })
  const ada = await guest('Ada', ['lobby'])
  const newcomers = await Promise.all(['Bob', 'Cy', 'Dee'].map((name) => guest(name)))
  const back = connect(ada.self)
  const talk = async (turns: number) => {
    for (let turn = 0; turn < turns; turn += 1) {
      ada.say({ type: 'send', nonce: nonce(), room: 'lobby', text: 'all the time' })
      await aTurn()
    }
  }
  await talk(20)
  const id = await store.idAt('lobby', 3)
  for (const client of newcomers) client.say({ type: 'join', ref: 'r', room: 'lobby' })
  back.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 3, id }] })
  await talk(120)
  for (const client of [...newcomers, back]) {
    expect(client.all('sync').filter(({ more }) => !more)).toHaveLength(1)
    const seqs = [...new Set([...client.pageSeqs, ...client.liveSeqs])]
    expect(seqs).toEqual(seqRange(seqs[0] ?? 0, seqs.at(-1) ?? 0))
  }
})

test('[C134] a join behind more events than are kept in memory reads the log on, without a hole', async () => {
  const { ada, store, guest } = await aLobby({
    limits: UNLIMITED,
    late: () => 1,
  })
  const eve = await guest('Eve')
  await ada.send('first')
  const id = (await store.idAt('lobby', 1)) ?? ''
  for (let n = 0; n < 700; n += 1) ada.say({ type: 'send', nonce: nonce(), room: 'lobby', text: `text ${n}` })
  for (let n = 0; n < 20; n += 1) await settled()
  await join(eve, { seq: 1, id })
  expect(eve.pageSeqs).toEqual(seqRange(2, 701))
})

test('[C135] hello makes nobody a member: a room left elsewhere, or never joined, gets reset "access"', async () => {
  const { bob, store, connect, hub } = await aLobby()
  await hub.rooms.create(bob.self, { name: 'Kitchen' })
  const phone = connect(bob.self)
  await phone.hello(['kitchen'])
  await phone.ask({ type: 'leave', ref: 'l', room: 'kitchen' })
  const laptop = connect(bob.self)
  const rooms = ['kitchen', 'nowhere', 'lobby'].map((room) => ({ room, seq: 0, id: null }))
  await laptop.ask({ type: 'hello', state: 'active', rooms }, { type: 'join', ref: 'j', room: 'lobby' })
  expect(laptop.all('reset')).toEqual([
    { type: 'reset', room: 'kitchen', reason: 'access' },
    { type: 'reset', room: 'nowhere', reason: 'access' },
  ])
  expect((await store.memberships(bob.self.id)).map(({ room }) => room)).toEqual(['lobby'])
  expect(laptop.all('sync').map(({ room, ref }) => [room, ref])).toEqual([
    ['lobby', undefined],
    ['lobby', 'j'],
  ])
  await laptop.send('into the kitchen', nonce(), 'kitchen')
  expect(laptop.heard.at(-1)).toMatchObject({ code: 'notMember' })
})

test.each(['joins of one person', 'pages of history'])(
  '[C138] one of the %s is served in each turn of the loop',
  async (what) => {
    const { ada, hub, connect, store } = await aLobby({ limits: UNLIMITED })
    let served = 0
    for (const method of ['membership', 'history'] as const) {
      const read = store[method] as (...args: unknown[]) => Promise<never>
      store[method] = (...args: unknown[]) => ((served += 1), read(...args))
    }
    if (what === 'pages of history')
      for (let n = 0; n < 6; n += 1) void hub.rooms.history('lobby', { at: 'end', limit: 50 }, ada.self.id)
    else
      for (const tab of [1, 2, 3].map(() => connect(ada.self))) {
        tab.say({ type: 'hello', state: 'active', rooms: [] })
        tab.say({ type: 'join', ref: 'a', room: 'lobby' }, { type: 'join', ref: 'b', room: 'lobby' })
      }
    let before = 0
    for (let turn = 0; turn < 30; turn += 1) {
      await aTurn()
      expect(served - before).toBeLessThanOrEqual(1)
      before = served
    }
    expect(served).toBe(6)
  },
)
