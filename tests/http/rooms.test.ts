import { afterAll, describe, expect, test } from 'bun:test'
import type { HistoryPage, RoomEntry } from '../../src/shared/model.ts'
import { anApp } from '../support/client/anApp.ts'

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))

/** A server with Ada, who has said so many messages in the lobby. */
async function aLobby(messages = 0) {
  const app = await anApp()
  apps.push(app)
  const ada = await app.guest('Ada')
  const ids = Array.from(
    { length: messages },
    (_, at) => `018bcfe5-6800-7000-8000-${String(at + 1).padStart(12, '0')}`,
  )
  await app.store.commit(
    ids.map((id, at) => ({
      kind: 'message',
      room: 'lobby',
      id,
      at,
      user: { id: ada.user.id, name: 'Ada' },
      nonce: `nonce-${String(at).padStart(6, '0')}`,
      text: `m${at + 1}`,
    })),
  )
  const page = async (query: string) =>
    (await (await ada.ask(`/api/rooms/lobby/messages${query}`)).json()) as HistoryPage
  const seqs = async (query: string) => (await page(query)).messages.map(({ seq }) => seq)
  return { ...app, ada, ids, page, seqs }
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

describe('rooms', () => {
  test('[M40] a room is made by its name; its maker is its owner, and it is in the list of everybody', async () => {
    const { ada, guest } = await aLobby()
    const made = await ada.ask('/api/rooms', {
      method: 'POST',
      body: { name: 'Café Nord', topic: 'Coffee', kind: 'public' },
    })
    expect(made.status).toBe(201)
    const entry = (await made.json()) as RoomEntry
    expect(entry).toMatchObject({
      room: 'cafe-nord',
      name: 'Café Nord',
      topic: 'Coffee',
      kind: 'public',
      joined: true,
      role: 'owner',
    })
    const bob = await guest('Bob')
    const { rooms } = (await (await bob.ask('/api/rooms')).json()) as { rooms: RoomEntry[] }
    expect(rooms.map(({ room, joined }) => [room, joined])).toEqual([
      ['lobby', true],
      ['cafe-nord', false],
    ])
  })

  test('[M40] a room whose name is taken is refused with a free one beside it', async () => {
    const { ada } = await aLobby()
    const answer = await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Lobby' } })
    const { error } = (await answer.json()) as { error: { code: string; suggestion: string } }
    expect([answer.status, error.code]).toEqual([409, 'roomTaken'])
    expect((await ada.ask('/api/rooms', { method: 'POST', body: { name: error.suggestion } })).status).toBe(
      201,
    )
  })

  test.each([
    [{ name: '' }, 422, 'roomInvalid'],
    [{ name: 'x'.repeat(61) }, 422, 'roomInvalid'],
    [{ name: 'a\u202eb' }, 422, 'roomInvalid'],
    [{ name: 'Den', kind: 'private' }, 422, 'roomInvalid'],
    [{ name: 'Den', topic: 'x'.repeat(251) }, 413, 'tooBig'],
    [{ name: 'Den', topic: 5 }, 400, 'badRequest'],
    [{ name: 'Den', kind: null }, 400, 'badRequest'],
    [{}, 400, 'badRequest'],
  ])('[M40] %j makes no room: %i %s', async (body, status, code) => {
    const { ada } = await aLobby()
    const answer = await ada.ask('/api/rooms', { method: 'POST', body })
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ])
    expect(((await (await ada.ask('/api/rooms')).json()) as { rooms: RoomEntry[] }).rooms).toHaveLength(1)
  })

  test('[K60] a request beside a sign-out is 401, makes nothing and is no trouble', async () => {
    const { ada, store, trouble } = await aLobby()
    store.pause()
    const out = ada.ask('/api/session', { method: 'DELETE' })
    const ending = Promise.withResolvers<void>()
    const { endSession } = store
    store.endSession = (hash) => {
      ending.resolve()
      return endSession.call(store, hash)
    }
    await ending.promise
    const made = ada.ask('/api/rooms', { method: 'POST', body: { name: 'Den' } })
    const named = ada.ask('/api/session', { method: 'PATCH', body: { name: 'Eve' } })
    const asked = Promise.withResolvers<void>()
    const { addRoom } = store
    store.addRoom = (...args) => {
      setImmediate(asked.resolve)
      return addRoom.apply(store, args)
    }
    await asked.promise
    store.resume()
    expect([(await out).status, (await made).status, (await named).status]).toEqual([204, 401, 401])
    expect([await store.room('den'), trouble]).toEqual([null, []])
  })

  test('[S14] without a session there is no list, no new room and no history', async () => {
    const { origin } = await aLobby(1)
    const json = { origin, 'content-type': 'application/json' }
    const answers = await Promise.all([
      fetch(`${origin}/api/rooms`),
      fetch(`${origin}/api/rooms`, { method: 'POST', headers: json, body: '{"name":"Den"}' }),
      fetch(`${origin}/api/rooms/lobby/messages`),
      fetch(`${origin}/api/rooms/nowhere/messages`),
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  })
})

describe('too much', () => {
  test('[S16] of a thousand pages at once thirty are answered, and two a second from then on', async () => {
    const { ada, pass } = await aLobby(1)
    const ask = async () => (await ada.ask('/api/rooms/lobby/messages')).status
    const statuses = await Promise.all(Array.from({ length: 1_000 }, ask))
    expect(statuses.filter((status) => status === 200)).toHaveLength(30)
    expect(statuses.filter((status) => status === 429)).toHaveLength(970)
    pass(1_000)
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429])
  })

  test('[S17] one address makes twenty rooms, and then has to wait', async () => {
    const app = await anApp({ trustProxy: 1 })
    apps.push(app)
    const ada = await app.guest('Ada')
    const make = (name: string, address: string) =>
      ada.ask('/api/rooms', { method: 'POST', body: { name }, headers: { 'x-forwarded-for': address } })
    for (let at = 0; at < 20; at += 1) expect((await make(`Den ${at}`, '203.0.113.9')).status).toBe(201)
    const refused = await make('One more', '203.0.113.9')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '180'])
  })

  test('[S17, S53] twenty rooms an hour are the limit of a person wherever they are, and of an address whoever asks', async () => {
    const app = await anApp({ trustProxy: 1 })
    apps.push(app)
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    const make = async (who: typeof ada, name: string, address: string) => {
      const headers = { 'x-forwarded-for': address }
      return (await who.ask('/api/rooms', { method: 'POST', body: { name }, headers })).status
    }
    for (let at = 0; at < 20; at += 1) expect(await make(ada, `Den ${at}`, `203.0.113.${at % 3}`)).toBe(201)
    expect(await make(ada, 'One more', '203.0.113.10')).toBe(429)
    for (let at = 0; at < 20; at += 1) expect(await make(bob, `Nook ${at}`, '203.0.113.9')).toBe(201)
    expect(await make(await app.guest('Cy'), 'One more', '203.0.113.9')).toBe(429)
  })

  test('[S53] private peers, who have no limit by address, make twenty rooms each and two hundred together', async () => {
    const app = await anApp()
    apps.push(app)
    const statuses: number[] = []
    for (let person = 0; person < 12; person += 1) {
      const who = await app.guest(`Person ${person}`)
      for (let at = 0; at < 21; at += 1) {
        const body = { name: `Den ${person} of ${at}` }
        statuses.push((await who.ask('/api/rooms', { method: 'POST', body })).status)
      }
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(200)
    expect(statuses.slice(0, 21).at(-1)).toBe(429)
    app.pass(18_000)
    expect(
      (await (await app.guest('Late')).ask('/api/rooms', { method: 'POST', body: { name: 'Late' } })).status,
    ).toBe(201)
  })

  test('[S54] where many people share an address its limits are raised with MAX_CONNECTIONS_PER_ADDRESS', async () => {
    const app = await anApp({ trustProxy: 1, maxConnectionsPerAddress: 150, maxNewGuestsPerAddress: 1_000 })
    apps.push(app)
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const people = await Promise.all(['Ada', 'Bob', 'Cy', 'Di'].map((name) => app.guest(name)))
    const asked = async (path: string) => {
      const all = people.flatMap((who) =>
        Array.from({ length: 30 }, async () => (await who.ask(path, { headers })).status),
      )
      return (await Promise.all(all)).filter((status) => status === 200).length
    }
    expect(await asked('/api/rooms/lobby/messages')).toBe(90)
    expect(await asked('/api/rooms')).toBe(60)
    const make = async (at: number) => {
      const body = { name: `Den ${at}` }
      return (await people[at % 4]?.ask('/api/rooms', { method: 'POST', body, headers }))?.status
    }
    const made = await Promise.all(Array.from({ length: 72 }, (_, at) => make(at)))
    expect(made.filter((status) => status === 201)).toHaveLength(60)
  })

  test('[S54] pins and quotes leave an address what it scrolls by; a person has one measure for all', async () => {
    const app = await anApp({ trustProxy: 1 })
    apps.push(app)
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    const asked = async (who: typeof ada, query: string, times: number) => {
      const path = `/api/rooms/lobby/messages${query}`
      const all = Array.from({ length: times }, async () => (await who.ask(path, { headers })).status)
      return (await Promise.all(all)).filter((status) => status === 200).length
    }
    expect(await asked(ada, '?pinned=true', 15)).toBe(15)
    expect(await asked(ada, '?ids=0', 20)).toBe(15)
    expect(await asked(ada, '', 5)).toBe(0)
    expect(await asked(bob, '?pinned=true', 5)).toBe(0)
    expect(await asked(bob, '', 40)).toBe(30)
  })

  test('[S55] the list is for asking twenty times at once and then once a second, by a person and by an address', async () => {
    const app = await anApp({ trustProxy: 1 })
    apps.push(app)
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    const ask = (who: typeof ada, address: string) =>
      who.ask('/api/rooms', { headers: { 'x-forwarded-for': address } })
    for (let at = 0; at < 20; at += 1) expect((await ask(ada, '203.0.113.9')).status).toBe(200)
    const refused = await ask(ada, '203.0.113.10')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await ask(bob, '203.0.113.9')).status).toBe(429)
    expect((await ask(bob, '203.0.113.10')).status).toBe(200)
    app.pass(1_000)
    expect([(await ask(ada, '203.0.113.9')).status, (await ask(bob, '203.0.113.9')).status]).toEqual([
      200, 429,
    ])
  })
})

describe('history', () => {
  test('[C40] without a place it is the newest fifty, newest last, and says whether there are older ones', async () => {
    const { page } = await aLobby(60)
    const { messages, ...rest } = await page('')
    expect(messages.map(({ seq }) => seq)).toEqual(range(11, 60))
    expect(rest).toEqual({ head: 60, floor: 1, older: true, newer: false })
    expect(messages.at(-1)).toMatchObject({ kind: 'message', text: 'm60', user: { name: 'Ada' } })
  })

  test('[C40] `before` and `after` leave their own seq out, `around` has half before it and the rest from it on', async () => {
    const { seqs } = await aLobby(60)
    expect(await seqs('?before=11')).toEqual(range(1, 10))
    expect(await seqs('?before=41&limit=10')).toEqual(range(31, 40))
    expect(await seqs('?after=0&limit=3')).toEqual([1, 2, 3])
    expect(await seqs('?after=58')).toEqual([59, 60])
    expect(await seqs('?after=60')).toEqual([])
    expect(await seqs('?around=30&limit=5')).toEqual([28, 29, 30, 31, 32])
    expect(await seqs('?before=999999')).toEqual(range(11, 60))
  })

  test('[C40] `ids` are the messages of that room that exist; nothing is pinned yet', async () => {
    const { seqs, ids } = await aLobby(3)
    expect(await seqs(`?ids=${ids[2]},${ids[0]},018bcfe5-6800-7000-8000-999999999999`)).toEqual([1, 3])
    expect(await seqs('?pinned=true')).toEqual([])
  })

  test.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=',
    'limit=ten',
    'limit=10&limit=20',
    'before=-1',
    'before=x',
    'before=',
    'before=1e3',
    'before=01',
    'before=%2B1',
    'before=0x10',
    'before=9007199254740993',
    'before=1&before=2',
    'before=1&after=2',
    'around=1&ids=a',
    'before=1&pinned=true',
    'ids=',
    'ids=,',
    'ids=NOT',
    `ids=${Array.from({ length: 51 }, (_, at) => `a${at}`).join()}`,
    'pinned=',
    'pinned=false',
    'pinned=1',
  ])('[C41] ?%s is nonsense and answered with 400', async (query) => {
    const { ada } = await aLobby(1)
    const answer = await ada.ask(`/api/rooms/lobby/messages?${query}`)
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'badRequest' } }])
  })

  test('[C41] a parameter that is not known changes nothing', async () => {
    const { seqs } = await aLobby(2)
    expect(await seqs('?colour=red&__proto__=x')).toEqual([1, 2])
  })

  test.each(['nowhere', 'Lobby', '..', '%2e%2e%2fapi', 'a%00b', 'x'.repeat(65), '__proto__'])(
    '[C42] the room %s does not exist, and the answer is the same for all',
    async (room) => {
      const { ada } = await aLobby(1)
      const answer = await ada.ask(`/api/rooms/${room}/messages`)
      expect(answer.status).toBe(404)
      expect(['noRoom', 'notFound']).toContain(
        ((await answer.json()) as { error: { code: string } }).error.code,
      )
    },
  )
})

describe('a topic', () => {
  test('[M73] is set with PATCH and answered with the entry of the room, which hears it', async () => {
    const { guest, ada } = await aLobby()
    await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Garden' } })
    const bob = await guest('Bob')
    const socket = await bob.enter('garden')
    const answer = await ada.ask('/api/rooms/garden', { method: 'PATCH', body: { topic: 'Seeds' } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      room: 'garden',
      topic: 'Seeds',
      role: 'owner',
      joined: true,
      head: 1,
    })
    const heard = await socket.hears('event')
    expect(heard).toMatchObject({ kind: 'topic', text: 'Seeds', seq: 1, user: { id: ada.user.id } })
    const page = (await (await bob.ask('/api/rooms/garden/messages')).json()) as HistoryPage
    expect(page.messages).toMatchObject([{ kind: 'topic', text: 'Seeds' }])
    socket.close()
  })

  test('[M73, S14] is refused without a session, a right, a room, or a text', async () => {
    const { ada, guest, origin } = await aLobby()
    await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Garden' } })
    const bob = await guest('Bob')
    const patch = async (who: typeof bob, room: string, body: unknown) => {
      const answer = await who.ask(`/api/rooms/${room}`, { method: 'PATCH', body })
      return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code]
    }
    expect(await patch(bob, 'garden', { topic: 'x' })).toEqual([403, 'forbidden'])
    expect(await patch(ada, 'nowhere', { topic: 'x' })).toEqual([404, 'noRoom'])
    expect(await patch(ada, 'NoSlug', { topic: 'x' })).toEqual([404, 'noRoom'])
    expect(await patch(ada, 'garden', {})).toEqual([400, 'badRequest'])
    expect(await patch(ada, 'garden', { topic: 5 })).toEqual([400, 'badRequest'])
    expect(await patch(ada, 'garden', { topic: 'x'.repeat(251) })).toEqual([413, 'tooBig'])
    const headers = { origin, 'content-type': 'application/json' }
    const nobody = await fetch(`${origin}/api/rooms/garden`, {
      method: 'PATCH',
      headers,
      body: '{"topic":"x"}',
    })
    expect(nobody.status).toBe(401)
  })
})

describe('what became of messages', () => {
  test('[M72] history tells it as it stands: edited, gone, pinned, and who reacted, with mine', async () => {
    const { ada, guest, page, ids } = await aLobby(3)
    const bob = await guest('Bob')
    const [one = '', two = '', three = ''] = ids
    const [mine, theirs] = [await ada.enter('lobby'), await bob.enter('lobby')]
    const nonce = (n: number) => `change-${n}`
    mine.send({ type: 'edit', nonce: nonce(1), room: 'lobby', target: one, text: 'better' })
    mine.send({ type: 'delete', nonce: nonce(2), room: 'lobby', target: two })
    theirs.send({ type: 'react', nonce: nonce(3), room: 'lobby', target: three, emoji: '👍', on: true })
    await theirs.hears('ack')
    mine.send({ type: 'react', nonce: nonce(4), room: 'lobby', target: three, emoji: '👍', on: true })
    await mine.hears('ack', (ack) => ack.nonce === nonce(4))

    const { messages, head } = await page('')
    expect(head).toBe(7)
    expect(messages).toMatchObject([
      { id: one, text: 'better', edited: expect.any(Number) },
      { id: two, gone: true },
      {
        id: three,
        reactions: [{ emoji: '👍', count: 2, mine: true, users: [{ name: 'Bob' }, { name: 'Ada' }] }],
      },
    ])
    expect((await page('?pinned=true')).messages).toEqual([])
    const seen = (await (await bob.ask(`/api/rooms/lobby/messages?ids=${three}`)).json()) as HistoryPage
    expect(seen.messages[0]?.reactions?.[0]).toMatchObject({ mine: true })
    const eve = await guest('Eve')
    const other = (await (await eve.ask(`/api/rooms/lobby/messages?ids=${three}`)).json()) as HistoryPage
    expect(other.messages[0]?.reactions?.[0]).toMatchObject({ count: 2, mine: false })
    mine.close()
    theirs.close()
  })
})
