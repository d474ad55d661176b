import { describe, expect, test } from 'bun:test'
import type { HistoryPage, RoomEntry } from '../../src/shared/model.ts'
import type { Guest } from '../support/client/anApp.ts'
import {
  aLobby,
  aRunningApp,
  count,
  drafts,
  errorOf,
  from,
  statusesOf,
} from '../support/server/aRunningApp.ts'

const MESSAGES = '/api/rooms/lobby/messages'
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at)
const make = (guest: Guest, body: unknown, headers = {}) =>
  guest.ask('/api/rooms', { method: 'POST', body, headers })
const setTopic = (guest: Guest, room: string, body: unknown) =>
  guest.ask(`/api/rooms/${room}`, { method: 'PATCH', body })

/** A lobby with this many messages by Ada. */
async function aHistory(messages: number) {
  const app = await aLobby()
  const { ada } = app
  const stored = drafts(ada.user, messages)
  await app.store.commit(stored)
  const page = async (query = '', guest = ada) =>
    (await (await guest.ask(`${MESSAGES}${query}`)).json()) as HistoryPage
  const seqs = async (query: string) => (await page(query)).messages.map(({ seq }) => seq)
  return { ...app, ids: stored.map(({ id }) => id), page, seqs }
}

describe('a room’s card', () => {
  test('[S75] anybody sees name, topic and number of people of a public room, and the same answer for any other', async () => {
    const { ada, bob, get } = await aLobby()
    const socket = await bob.socket()
    socket.send({ type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' })
    await socket.hears('sync')
    await make(ada, { name: '茶室 1', topic: 'Tea' })
    const lobby = await get('/api/rooms/lobby')
    expect([lobby.status, lobby.headers.get('cache-control'), lobby.headers.get('etag')]).toEqual([
      200,
      'no-store',
      null,
    ])
    expect(await lobby.json()).toEqual({ room: 'lobby', name: 'lobby', topic: '', kind: 'public', count: 1 })
    const tea = await get('/api/rooms/1')
    expect(await tea.json()).toEqual({ room: '1', name: '茶室 1', topic: 'Tea', kind: 'public', count: 0 })
    const misses = ['nowhere', 'NOWHERE', 'a%2fb', '%00', '~tea', 'x'.repeat(65)]
    const answers = await Promise.all(misses.map((room) => get(`/api/rooms/${room}`)))
    expect(answers.map(({ status }) => status)).toEqual(misses.map(() => 404))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(bodies).size).toBe(1)
    expect(bodies[0]).toContain('noRoom')
  })

  test('[S74] an address asks for thirty missing rooms a minute, which holds up nobody with a session', async () => {
    const { ada, get, pass } = await aLobby({ trustProxy: 1 })
    const ask = (room: string, address = '203.0.113.9') => get(`/api/rooms/${room}`, from(address))
    for (let n = 0; n < 30; n += 1) expect((await ask(`guess-${n}`)).status).toBe(404)
    for (const room of ['guess', 'lobby', 'NO']) {
      const refused = await ask(room)
      expect([refused.status, (await errorOf(refused)).after]).toEqual([429, 2_000])
    }
    expect((await ask('lobby', '203.0.113.10')).status).toBe(200)
    expect((await ada.ask(MESSAGES, { headers: from('203.0.113.9') })).status).toBe(200)
    pass(2_000)
    expect((await ask('lobby')).status).toBe(200)
  })

  test('[S74] an address gets sixty cards at once and two a second, a private one five hundred', async () => {
    const { get, pass } = await aLobby({ trustProxy: 1 })
    const ask = (address: string, times: number) =>
      statusesOf(times, () => get('/api/rooms/lobby', from(address)))
    expect(count(await ask('203.0.113.9', 70), 200)).toBe(60)
    pass(1_000)
    expect(count(await ask('203.0.113.9', 5), 200)).toBe(2)
    const { get: getPrivately } = await aLobby()
    expect(count(await statusesOf(510, () => getPrivately('/api/rooms/lobby')), 200)).toBe(500)
  })
})

describe('rooms', () => {
  test('[M40] a room is made by its name; its maker is its owner, and everybody has it in their list', async () => {
    const { ada, bob } = await aLobby()
    const wanted = { name: 'Café Nord', topic: 'Coffee', kind: 'public' }
    const made = await make(ada, wanted)
    expect(made.status).toBe(201)
    expect(await made.json()).toMatchObject({ room: 'cafe-nord', ...wanted, joined: true, role: 'owner' })
    const { rooms } = (await (await bob.ask('/api/rooms')).json()) as { rooms: RoomEntry[] }
    expect(rooms.map(({ room, joined }) => [room, joined])).toEqual([
      ['lobby', true],
      ['cafe-nord', false],
    ])
  })

  test('[M40] a taken name is refused with a free one beside it', async () => {
    const { ada } = await aLobby()
    const refused = await make(ada, { name: 'Lobby' })
    const { code, suggestion } = await errorOf(refused)
    expect([refused.status, code]).toEqual([409, 'roomTaken'])
    expect((await make(ada, { name: suggestion })).status).toBe(201)
  })

  test('[M40, M34] a room that cannot be made is refused with the reason', async () => {
    const { ada } = await aLobby()
    const refusals: [body: object, status: number, code: string, reason?: string][] = [
      [{ name: '…' }, 422, 'roomInvalid', 'empty'],
      [{ name: 'a\u202eb' }, 422, 'roomInvalid', 'characters'],
      [{ name: 'Den', kind: 'private' }, 422, 'roomInvalid', 'kind'],
      [{ name: 'Den', topic: 'x'.repeat(251) }, 413, 'tooBig', 'topic'],
      [{ name: 'Den', topic: 5 }, 400, 'badRequest'],
      [{ name: 'Den', kind: null }, 400, 'badRequest'],
      [{}, 400, 'badRequest'],
    ]
    for (const [body, status, code, reason] of refusals) {
      const answer = await make(ada, body)
      const error = await errorOf(answer)
      expect([answer.status, error.code, error.reason]).toEqual([status, code, reason])
    }
    expect(((await (await ada.ask('/api/rooms')).json()) as { rooms: [] }).rooms).toHaveLength(1)
  })

  test('[S14] without a session there is no list, no new room, no topic and no history', async () => {
    const { get, send } = await aLobby()
    const answers = await Promise.all([
      get('/api/rooms'),
      send('POST', '/api/rooms', { name: 'Den' }),
      send('PATCH', '/api/rooms/lobby', { topic: 'x' }),
      get(MESSAGES),
      get('/api/rooms/nowhere/messages'),
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
  })
})

describe('a limit', () => {
  const HERE = from('203.0.113.9')

  test('[S16] a person reads thirty pages at once and two a second', async () => {
    const { ada, pass } = await aLobby()
    const ask = () => ada.ask(MESSAGES)
    const statuses = await statusesOf(1_000, ask)
    expect([count(statuses, 200), count(statuses, 429)]).toEqual([30, 970])
    pass(1_000)
    expect(count(await statusesOf(3, ask), 200)).toBe(2)
  })

  test('[S17, S53] a person makes twenty rooms an hour wherever they are, and so does an address', async () => {
    const { ada, bob, guest } = await aLobby({ trustProxy: 1 })
    for (let at = 0; at < 20; at += 1)
      expect((await make(ada, { name: `Den ${at}` }, from(`203.0.113.${at % 3}`))).status).toBe(201)
    const refused = await make(ada, { name: 'One more' }, from('203.0.113.10'))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '180'])
    for (let at = 0; at < 20; at += 1)
      expect((await make(bob, { name: `Nook ${at}` }, HERE)).status).toBe(201)
    expect((await make(await guest('Cy'), { name: 'One more' }, HERE)).status).toBe(429)
  })

  test('[S53] private peers, without a limit by address, make twenty rooms each and two hundred together', async () => {
    const { guest, pass } = await aRunningApp()
    const statuses: number[] = []
    for (let person = 0; person < 12; person += 1) {
      const maker = await guest(`Person ${person}`)
      for (let at = 0; at < 21; at += 1)
        statuses.push((await make(maker, { name: `Den ${person} of ${at}` })).status)
    }
    expect([count(statuses, 201), statuses[20]]).toEqual([200, 429])
    pass(18_000)
    expect((await make(await guest('Late'), { name: 'Late' })).status).toBe(201)
  })

  test('[S54] of an address rises with MAX_CONNECTIONS_PER_ADDRESS', async () => {
    const app = await aRunningApp({
      trustProxy: 1,
      maxConnectionsPerAddress: 150,
      maxNewGuestsPerAddress: 1_000,
    })
    const people = await Promise.all(['Ada', 'Bob', 'Cy', 'Di'].map((name) => app.guest(name)))
    const succeeded = async (times: number, ask: (guest: Guest, at: number) => Promise<Response>) => {
      const all = people.map((guest) => statusesOf(times, (at) => ask(guest, at)))
      return (await Promise.all(all)).flat().filter((status) => status < 300).length
    }
    expect(await succeeded(30, (guest) => guest.ask(MESSAGES, { headers: HERE }))).toBe(90)
    expect(await succeeded(30, (guest) => guest.ask('/api/rooms', { headers: HERE }))).toBe(60)
    expect(await succeeded(18, (guest, at) => make(guest, { name: `${guest.user.name} ${at}` }, HERE))).toBe(
      60,
    )
  })

  test('[S54] of pages counts quotes and pins apart at an address, and together for a person', async () => {
    const { ada, bob } = await aLobby({ trustProxy: 1 })
    const answered = async (guest: Guest, query: string, times: number) =>
      count(await statusesOf(times, () => guest.ask(`${MESSAGES}${query}`, { headers: HERE })), 200)
    expect(await answered(ada, '?pinned=true', 15)).toBe(15)
    expect(await answered(ada, '?ids=0', 20)).toBe(15)
    expect(await answered(ada, '', 5)).toBe(0)
    expect(await answered(bob, '?pinned=true', 5)).toBe(0)
    expect(await answered(bob, '', 40)).toBe(30)
  })

  test('[S55] a person gets the list twenty times at once and then once a second, and so does an address', async () => {
    const { ada, bob, pass } = await aLobby({ trustProxy: 1 })
    const ask = (guest: Guest, address: string) => guest.ask('/api/rooms', { headers: from(address) })
    expect(count(await statusesOf(20, () => ask(ada, '203.0.113.9')), 200)).toBe(20)
    const refused = await ask(ada, '203.0.113.10')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    const error = { code: 'rateLimited', message: 'Too fast.', after: 1_000 }
    expect(await errorOf(refused)).toEqual(error)
    expect((await ask(bob, '203.0.113.9')).status).toBe(429)
    expect((await ask(bob, '203.0.113.10')).status).toBe(200)
    pass(1_000)
    expect((await ask(ada, '203.0.113.9')).status).toBe(200)
    expect((await ask(bob, '203.0.113.9')).status).toBe(429)
  })
})

describe('history', () => {
  test('[C40] is the newest fifty messages unless a place is named, and says whether there are older ones', async () => {
    const { page } = await aHistory(60)
    const { messages, ...rest } = await page()
    expect(messages.map(({ seq }) => seq)).toEqual(range(11, 60))
    expect(rest).toEqual({ head: 60, floor: 1, older: true, newer: false })
    expect(messages.at(-1)).toMatchObject({ kind: 'message', text: 'text 60', user: { name: 'Ada' } })
  })

  test('[C40] leaves out the seq of `before` and `after`; `around` has half before it; `ids` are those that exist', async () => {
    const { seqs, ids } = await aHistory(60)
    const pages: [query: string, seqs: number[]][] = [
      ['?before=11', range(1, 10)],
      ['?before=41&limit=10', range(31, 40)],
      ['?before=999999', range(11, 60)],
      ['?after=0&limit=3', [1, 2, 3]],
      ['?after=58', [59, 60]],
      ['?after=60', []],
      ['?around=30&limit=5', range(28, 32)],
      [`?time=0&limit=4`, [1, 2]],
      [`?time=8640000000000000&limit=4`, [59, 60]],
      [`?ids=${ids[2]},${ids[0]},018bcfe5-6800-7000-8000-999999999999`, [1, 3]],
      ['?pinned=true', []],
    ]
    for (const [query, expected] of pages) expect([query, await seqs(query)]).toEqual([query, expected])
  })

  test('[C41] a nonsense parameter, one given twice, or two places at once is 400; an unknown one changes nothing', async () => {
    const { ada, seqs } = await aHistory(2)
    const numbers = ['-1', '1.5', '', 'x', '1e3', '01', '%2B1', '0x10', '9007199254740993']
    const queries = [
      ...numbers.flatMap((number) => [`limit=${number}`, `before=${number}`, `time=${number}`]),
      ...['limit=0', 'limit=101', 'limit=10&limit=20', 'before=1&before=2', 'before=1&after=2'],
      ...['around=1&ids=a', 'around=1&time=1', 'before=1&pinned=true', 'pinned=', 'pinned=false', 'pinned=1'],
      ...['ids=', 'ids=,', 'ids=NOT', `ids=${range(100, 150).join()}`],
    ]
    for (const query of queries) {
      const answer = await ada.ask(`${MESSAGES}?${query}`)
      expect([query, answer.status, (await errorOf(answer)).code]).toEqual([query, 400, 'badRequest'])
    }
    expect(await seqs('?colour=red&__proto__=x')).toEqual([1, 2])
  })

  test('[C42, M35, S17] of a room that does not exist, or cannot, is a 404 that does not tell which', async () => {
    const { ada } = await aLobby()
    const error = { code: 'noRoom', message: 'This room does not exist or is not open to you.' }
    for (const room of ['nowhere', 'Lobby', 'a%00b', 'x'.repeat(65), '__proto__']) {
      const answer = await ada.ask(`/api/rooms/${room}/messages`)
      expect([room, answer.status, await errorOf(answer)]).toEqual([room, 404, error as never])
    }
    for (const room of ['..', '%2e%2e%2fapi'])
      expect((await ada.ask(`/api/rooms/${room}/messages`)).status).toBe(404)
  })
})

describe('a topic', () => {
  test('[M73, S14] is set with PATCH, answered with the room’s entry, and heard in the room; others may not', async () => {
    const { ada, bob } = await aLobby()
    await make(ada, { name: 'Garden' })
    const socket = await bob.enter('garden')
    const answer = await setTopic(ada, 'garden', { topic: 'Seeds' })
    const entry = { room: 'garden', topic: 'Seeds', role: 'owner', joined: true, head: 1 }
    expect([answer.status, await answer.json()]).toMatchObject([200, entry])
    const event = { kind: 'topic', text: 'Seeds', seq: 1, user: { id: ada.user.id } }
    expect(await socket.hears('event')).toMatchObject(event)
    expect(await (await bob.ask('/api/rooms/garden/messages')).json()).toMatchObject({ messages: [event] })
    const refusals: [guest: Guest, room: string, body: object, status: number, code: string][] = [
      [bob, 'garden', { topic: 'x' }, 403, 'forbidden'],
      [ada, 'NoSlug', { topic: 'x' }, 404, 'noRoom'],
      [ada, 'garden', { topic: 5 }, 400, 'badRequest'],
    ]
    for (const [guest, room, body, status, code] of refusals) {
      const refused = await setTopic(guest, room, body)
      expect([refused.status, (await errorOf(refused)).code]).toEqual([status, code])
    }
  })
})
