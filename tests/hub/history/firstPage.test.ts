import { describe, expect, test } from 'bun:test'
import type { Store } from '../../../src/hub/ports.ts'
import { aHub, aLobby, settled, type Screen } from '../../support/hub/aHub.ts'
import { lateStore } from '../../support/hub/lateStore.ts'

const UNLIMITED = {
  sends: { perSecond: 1e6, burst: 1e6 },
  joins: { perSecond: 1e6, burst: 1e6 },
}
const aTurn = () => new Promise((resolve) => setImmediate(resolve))

let nonces = 0
const nonce = () => `nonce-f${String((nonces += 1)).padStart(6, '0')}`

/** What a screen was sent of a first page, the last one. */
function firstPage(screen: Screen) {
  const page = screen.connection.all('sync').findLast(({ at }) => at !== undefined)
  if (!page?.at) throw new Error('no first page')
  return page
}

async function join(
  screen: Screen,
  more: { limit?: number; seq?: number; id?: string } = {},
  room = 'lobby',
) {
  screen.say({ type: 'join', ref: 'r', room, ...more })
  await settled()
}

describe('a first page', () => {
  test('[C130] is one frame, also where 3,000 reactions follow the last message: with the messages as they are', async () => {
    const { ada, bob, store, guest } = await aLobby({ limits: UNLIMITED })
    await ada.send('hello')
    const id = (await store.idAt('lobby', 1)) ?? ''
    for (let n = 0; n < 3_000; n += 1)
      await store.commit([
        {
          kind: 'react',
          room: 'lobby',
          id: `e-${n}`,
          at: n,
          user: bob.self,
          nonce: nonce(),
          target: id,
          emoji: '👍',
          on: n % 2 === 0,
        },
      ])
    await ada.send('still there')
    bob.say({ type: 'react', room: 'lobby', nonce: nonce(), target: id, emoji: '🎉', on: true })
    await settled()
    const eve = await guest('Eve', ['lobby'])
    expect(eve.connection.all('sync')).toHaveLength(1)
    const page = firstPage(eve)
    expect(page.messages).toMatchObject([
      { text: 'hello', reactions: [{ emoji: '🎉', count: 1, users: [{ id: bob.self.id }] }] },
      { text: 'still there' },
    ])
    expect(page).toMatchObject({
      at: { seq: 3_003 },
      events: [],
      older: false,
      head: 3_003,
      floor: 1,
      more: false,
    })
    expect(page).not.toHaveProperty('mine')
    expect(JSON.stringify(page.messages)).not.toContain('mine')
  })

  test('[C130] says beside the messages which emoji are mine, to me alone', async () => {
    const { ada, bob, connect } = await aLobby()
    await ada.send('hello')
    const [event] = ada.connection.all('event')
    bob.say({ type: 'react', room: 'lobby', nonce: nonce(), target: event?.id ?? '', emoji: '👍', on: true })
    await settled()
    const again = connect(bob.self)
    await again.hello(['lobby'])
    expect(firstPage(again).mine).toEqual({ [event?.id ?? '']: ['👍'] })
    const hers = connect(ada.self)
    await hers.hello(['lobby'])
    expect(firstPage(hers)).not.toHaveProperty('mine')
    expect(firstPage(hers).messages).toEqual(firstPage(again).messages)
  })

  test('[C131] read for one serves all who come within the second, with what was said behind it', async () => {
    const asked: string[] = []
    const seen = (store: Store) =>
      lateStore(store, (method) => {
        asked.push(method)
        return 0
      })
    const { ada, guest } = await aLobby({ seen })
    await ada.send('one')
    const first = await guest('Cy', ['lobby'])
    await ada.send('two')
    asked.length = 0
    const second = await guest('Dee', ['lobby'])
    expect(asked.filter((method) => method === 'newest')).toEqual([])
    const texts = (screen: Screen) =>
      [...firstPage(screen).messages, ...firstPage(screen).events].map(({ text }) => text)
    expect([texts(first), texts(second)]).toEqual([['one'], ['one', 'two']])
    expect(firstPage(second).head).toBe(2)
  })

  test('[C131] is read anew after a delete, an edit and a purge: what is gone is told to nobody again', async () => {
    const { ada, guest, store, clock } = await aLobby()
    await ada.send('secret')
    await ada.send('typo')
    await guest('Cy', ['lobby'])
    const [one, two] = ada.connection.all('event').map(({ id }) => id)
    ada.say({ type: 'delete', room: 'lobby', nonce: nonce(), target: one ?? '' })
    await settled()
    const dee = await guest('Dee', ['lobby'])
    expect(JSON.stringify(dee.heard)).not.toContain('secret')
    ada.say({ type: 'edit', room: 'lobby', nonce: nonce(), target: two ?? '', text: 'type' })
    await settled()
    const eve = await guest('Eve', ['lobby'])
    expect(JSON.stringify(eve.heard)).not.toContain('typo')
    await store.purge(clock.now() + 1, 4)
    const fay = await guest('Fay', ['lobby'])
    expect(firstPage(fay)).toMatchObject({ messages: [], older: false, floor: 5, at: { seq: 4 } })
  })

  test('[C132] has as many messages as asked for; with none nobody is named either, but all is counted', async () => {
    const { ada, bob, connect } = await aLobby()
    for (const text of ['one', '@Bob two', 'three']) await ada.send(text)
    const tab = connect(bob.self)
    await tab.hello()
    await join(tab, { limit: 2 })
    expect(firstPage(tab)).toMatchObject({ messages: [{ text: '@Bob two' }, { text: 'three' }], older: true })
    await join(tab, { limit: 0 })
    const { seq } = firstPage(tab).at ?? {}
    expect(firstPage(tab)).toMatchObject({
      messages: [],
      events: [],
      older: true,
      members: { count: 2, full: [] },
      you: { readSeq: 0, unread: 3, mentions: 1 },
    })
    await ada.send('four')
    expect(tab.heard.at(-1)).toMatchObject({ type: 'event', seq: (seq ?? 0) + 1 })
    await join(tab, { limit: 0, seq: 3, id: firstPage(tab).at?.id ?? '' })
    expect(tab.connection.all('sync').at(-1)).toMatchObject({
      events: [{ text: 'four' }],
      members: { full: [] },
    })
  })

  test('[C133] comes soon, and without a hole, in a room in which something is said in every turn and reading takes eight', async () => {
    const slow = (method: keyof Store) => (method === 'commit' ? 0 : -4)
    const { ada, connect, guest, store } = await aHub({
      limits: UNLIMITED,
      seen: (itself) => lateStore(itself, slow),
    }).then(async (here) => ({ ...here, ada: await here.guest('Ada', ['lobby']) }))
    const people = await Promise.all(['Bob', 'Cy', 'Dee', 'Eve'].map((name) => guest(name)))
    const back = connect(people[3]?.self ?? ada.self)
    await back.member(['lobby'])
    let talking = true
    const talk = (async () => {
      while (talking) {
        ada.say({ type: 'send', nonce: nonce(), room: 'lobby', text: 'all the time' })
        await aTurn()
      }
    })()
    for (let turn = 0; turn < 20; turn += 1) await aTurn()
    for (const person of people.slice(0, 3)) person.say({ type: 'join', ref: 'r', room: 'lobby' })
    const id = (await store.idAt('lobby', 3)) ?? ''
    back.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 3, id }] })
    for (let turn = 0; turn < 120; turn += 1) await aTurn()
    const joined = [...people.slice(0, 3), back].map(
      (one) => one.connection.all('sync').filter(({ more }) => !more).length,
    )
    talking = false
    await talk
    await settled()
    expect(joined).toEqual([1, 1, 1, 1])
    for (const one of [...people.slice(0, 3), back]) {
      const heard = one.heard.flatMap((frame) =>
        frame.type === 'sync'
          ? [...(frame.messages ?? []), ...frame.events].map(({ seq }) => seq)
          : frame.type === 'event'
            ? [frame.seq]
            : [],
      )
      const seqs = [...new Set(heard)]
      expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => (seqs[0] ?? 0) + n))
    }
  })

  test('[C134] in a room with more to say than is kept at hand is read on, and has no hole', async () => {
    const { ada, store, guest } = await aLobby({
      limits: UNLIMITED,
      seen: (itself) => lateStore(itself, () => 1),
    })
    const eve = await guest('Eve')
    await ada.send('first')
    const id = (await store.idAt('lobby', 1)) ?? ''
    for (let n = 0; n < 700; n += 1)
      ada.say({ type: 'send', nonce: nonce(), room: 'lobby', text: `text ${n}` })
    await settled()
    for (let n = 0; n < 20; n += 1) await settled()
    await join(eve, { seq: 1, id })
    const seqs = eve.connection.all('sync').flatMap(({ events }) => events.map(({ seq }) => seq))
    expect(seqs).toEqual(Array.from({ length: 700 }, (_, n) => n + 2))
  })
})

describe('membership', () => {
  test('[C135] is made by join alone: hello from a room that was left, elsewhere too, is reset "access"', async () => {
    const { bob, store, connect, hub } = await aLobby()
    await hub.rooms.create(bob.self, { name: 'Kitchen' })
    const phone = connect(bob.self)
    await phone.hello(['kitchen'])
    phone.say({ type: 'leave', ref: 'l', room: 'kitchen' })
    await settled()
    const laptop = connect(bob.self)
    laptop.say({
      type: 'hello',
      state: 'active',
      rooms: ['kitchen', 'nowhere', 'lobby'].map((room) => ({ room, seq: 0, id: null })),
    })
    laptop.say({ type: 'join', ref: 'j', room: 'lobby' })
    await settled()
    expect(laptop.connection.all('reset')).toEqual([
      { type: 'reset', room: 'kitchen', reason: 'access' },
      { type: 'reset', room: 'nowhere', reason: 'access' },
    ])
    expect((await store.memberships(bob.self.id)).map(({ room }) => room)).toEqual(['lobby'])
    expect(laptop.connection.all('sync').map(({ room, ref }) => [room, ref])).toEqual([
      ['lobby', undefined],
      ['lobby', 'j'],
    ])
    await laptop.send('into the kitchen', nonce(), 'kitchen')
    expect(laptop.heard.at(-1)).toMatchObject({ code: 'notMember' })
  })
})

describe('what I have read', () => {
  test('[C136] costs no question where no other screen of mine is to be told', async () => {
    const asked: string[] = []
    const seen = (store: Store) => lateStore(store, (method) => (asked.push(method), 0))
    const { ada, bob, pass } = await aLobby({ seen })
    await ada.send('one')
    asked.length = 0
    bob.say({ type: 'read', room: 'lobby', seq: 1 })
    await pass(1)
    expect(new Set(asked)).toEqual(new Set(['saveReads', 'heads']))
  })

  test('[C137] of a thousand unread, or more, is told to the one who read as well: they cannot count it', async () => {
    const { ada, bob, store, connect, pass } = await aLobby({ limits: UNLIMITED })
    for (let n = 0; n < 1_100; n += 1) {
      ada.say({ type: 'send', nonce: nonce(), room: 'lobby', text: n === 1_050 ? '@Bob' : 'text' })
      if (n % 100 === 0) await settled()
    }
    for (let n = 0; n < 20; n += 1) await settled()
    expect(await store.unread('lobby', bob.self, 0)).toMatchObject({ unread: 1_000, mentions: 1 })
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    expect(firstPage(tab).you).toMatchObject({ unread: 1_000, mentions: 1 })
    bob.forget()
    bob.say({ type: 'read', room: 'lobby', seq: 600 })
    await pass(1)
    const read = { type: 'read', room: 'lobby', seq: 600, unread: 500, mentions: 1 } as const
    expect([bob.connection.all('read'), tab.connection.all('read')]).toEqual([[read], [read]])
    bob.say({ type: 'read', room: 'lobby', seq: 700 })
    await pass(1)
    expect(bob.connection.all('read')).toEqual([read])
  })
})

test('[C138] of one person’s joins, and of pages of history, one is served in each turn of the loop', async () => {
  const { ada, hub, connect, store } = await aLobby({ limits: UNLIMITED })
  let turn = 0
  const served: number[] = []
  for (const method of ['membership', 'history'] as const) {
    const real = store[method].bind(store) as (...args: unknown[]) => Promise<never>
    store[method] = (...args: unknown[]) => {
      served.push(turn)
      return real(...args)
    }
  }
  const tabs = [1, 2, 3].map(() => connect(ada.self))
  for (const tab of tabs) await tab.hello()
  let counting = true
  const count = () => {
    turn += 1
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  for (const tab of tabs)
    tab.say({ type: 'join', ref: 'a', room: 'lobby' }, { type: 'join', ref: 'b', room: 'lobby' })
  for (let turns = 0; turns < 5; turns += 1) await settled()
  expect([served.length, new Set(served).size]).toEqual([6, 6])
  served.length = 0
  await Promise.all([1, 2, 3, 4].map(() => hub.rooms.history('lobby', { at: 'end', limit: 50 }, ada.self.id)))
  expect([served.length, new Set(served).size]).toEqual([4, 4])
  counting = false
})

test('[S39] who is named in the pages of joins is charged like what is said', async () => {
  const { ada, guest, pass } = await aLobby({ limits: UNLIMITED })
  for (let n = 0; n < 150; n += 1) await guest(`Person ${n}`, ['lobby'])
  await pass(2)
  ada.forget()
  for (let n = 0; n < 900; n += 1) {
    ada.say({ type: 'join', ref: `r${n}`, room: 'lobby', seq: 0 })
    if (n % 50 === 49) for (let turn = 0; turn < 20; turn += 1) await settled()
  }
  // Of 15 KB each, as long as names and ids are: 8 MiB and no more.
  const pages = ada.connection.all('sync').length
  expect([pages > 450, pages < 650, pages]).toEqual([true, true, pages])
})
