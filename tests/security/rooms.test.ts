import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Guest } from '../support/client/anApp.ts'
import { aLobby, aRunningApp, count, from, statusesOf } from '../support/server/aRunningApp.ts'

// Real sockets on a busy machine.
setDefaultTimeout(60_000)

const HERE = from('203.0.113.9')
const history = (guest: Guest, room: string, headers = HERE) =>
  guest.ask(`/api/rooms/${room}/messages`, { headers })
const guess = (guest: Guest, room: string) =>
  guest.ask(`/api/rooms/${room}`, { method: 'PATCH', body: { topic: 'x' }, headers: HERE })

describe('guessing rooms', () => {
  test('[S17] gets thirty answers of a thousand, and then no answer about rooms that exist either', async () => {
    const { ada, bob, pass } = await aLobby({ trustProxy: 1 })
    const statuses: number[] = []
    for (let round = 0; round < 25; round += 1)
      statuses.push(...(await statusesOf(40, (at) => guess(ada, `guess-${round}-${at}`))))
    // The requests under way when the thirtieth miss is counted are answered too.
    const answered = count(statuses, 404)
    expect(answered).toBeGreaterThanOrEqual(30)
    expect(answered).toBeLessThanOrEqual(70)
    expect(count(statuses, 429)).toBe(1_000 - answered)
    expect((await guess(ada, 'lobby')).status).toBe(429)
    expect((await history(ada, 'lobby', from('203.0.113.10'))).status).toBe(429)
    pass(120_000)
    expect([(await history(ada, 'lobby')).status, (await history(bob, 'lobby')).status]).toEqual([200, 200])
  })

  test('[S56] keeps nobody else at the address from rooms that exist', async () => {
    const { ada, bob, guest, pass } = await aLobby({ trustProxy: 1 })
    const socket = await bob.socket(HERE)
    socket.send({ type: 'hello', rooms: [], state: 'active' })
    for (let round = 0; round < 3; round += 1) {
      await statusesOf(30, (at) => guess(ada, `guess-${round}-${at}`))
      expect((await guess(ada, 'lobby')).status).toBe(429)
      expect((await history(bob, 'lobby')).status).toBe(200)
      const ref = `r${round}`
      socket.send({ type: 'join', ref, room: 'lobby' })
      expect(await socket.hears('sync', (sync) => sync.ref === ref)).toMatchObject({ room: 'lobby' })
      pass(2_000)
    }
    // A newcomer who mistypes a link is told that there is no such room.
    expect((await history(await guest('Cy'), 'mistyped')).status).toBe(404)
  })

  test('[S56] by forty guests made for it gets hardly more answers than by one', async () => {
    const app = await aRunningApp({ trustProxy: 1, maxNewGuestsPerAddress: 1_000 })
    const guests = await Promise.all(Array.from({ length: 40 }, (_, at) => app.guest(`Guest ${at}x`)))
    let guesses = 0
    const roundOfGuesses = async () =>
      Promise.all(guests.map(async (guest) => (await guess(guest, `guess-${(guesses += 1)}`)).status))
    const statuses: number[] = []
    for (let round = 0; round < 25; round += 1) statuses.push(...(await roundOfGuesses()))
    expect(count(statuses, 404)).toBeLessThanOrEqual(70)
    expect(count(statuses, 404) + count(statuses, 429)).toBe(1_000)

    const later: number[] = []
    for (let round = 0; round < 12; round += 1) {
      app.pass(5_000)
      later.push(...(await roundOfGuesses()))
    }
    expect(count(later, 404)).toBeLessThanOrEqual(40)
  })

  test('[S17] over a socket costs the same; one hello is one miss of the person alone', async () => {
    const { ada, bob, guest } = await aLobby({ trustProxy: 1 })
    const socket = await ada.enter('lobby')
    for (let at = 0; at < 31; at += 1) socket.send({ type: 'join', ref: `r${at}`, room: `guess-${at}` })
    const last = await socket.hears('error', ({ ref }) => ref === 'r30')
    expect(last).toMatchObject({ code: 'rateLimited', after: 2_000 })
    expect(socket.heard.filter((frame) => frame.type === 'error' && frame.code === 'noRoom')).toHaveLength(30)

    // A device that slept may have been removed from all the rooms that its hello names.
    const rooms = Array.from({ length: 60 }, (_, at) => ({ room: `guess-${at}`, seq: 0, id: null }))
    const hello = { type: 'hello', rooms, state: 'active' }
    for (let at = 0; at < 30; at += 1) {
      const probing = await bob.socket(from(`203.0.113.${at}`))
      probing.send(hello)
      await probing.hears('reset', ({ room }) => room === 'guess-59')
      probing.close()
    }
    const refused = await bob.socket(HERE)
    refused.send(hello)
    expect(await refused.hears('error')).toMatchObject({ code: 'rateLimited', after: 2_000 })
    expect((await (await guest('Cy')).enter('lobby')).closed).toBeUndefined()
  })
})

test('[S16] scraping by all sessions of one address gets fifty pages in ten seconds', async () => {
  const app = await aRunningApp({ trustProxy: 1 })
  const people = await Promise.all(['Ada', 'Bob', 'Cy', 'Di'].map((name) => app.guest(name)))
  let answered = 0
  for (let second = 0; second < 10; second += 1) {
    for (const guest of people) answered += count(await statusesOf(25, () => history(guest, 'lobby')), 200)
    app.pass(1_000)
  }
  expect(answered).toBeGreaterThan(40)
  expect(answered).toBeLessThanOrEqual(50)
})
