import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { anApp, type Guest } from '../support/client/anApp.ts'
import { percentile } from './support/aVictim.ts'

// Real sockets on a busy machine.
setDefaultTimeout(60_000)

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))
async function running() {
  const app = await anApp({ trustProxy: 1 })
  apps.push(app)
  return app
}
const FROM = { 'x-forwarded-for': '203.0.113.9' }
const ELSEWHERE = { 'x-forwarded-for': '203.0.113.10' }
const history = (who: Guest, room: string, headers: Record<string, string> = FROM) =>
  who.ask(`/api/rooms/${room}/messages`, { headers })

describe('guessing rooms', () => {
  test('[S17] of 10,000 guesses thirty are answered, none of them is right, and then rooms that exist are not told either', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    const bob = await app.guest('Bob')
    const topic = (room: string) =>
      ada.ask(`/api/rooms/${room}`, { method: 'PATCH', body: { topic: 'x' }, headers: FROM })
    const statuses: number[] = []
    let next = 0
    const worker = async () => {
      while (next < 10_000) statuses.push((await topic(`guess-${next++}`)).status)
    }
    await Promise.all(Array.from({ length: 40 }, worker))
    const of = (status: number) => statuses.filter((one) => one === status).length
    // A few may be under way when the thirtieth miss is counted.
    expect([of(404) >= 30, of(404) <= 70, of(404) + of(429)]).toEqual([true, true, 10_000])
    expect((await topic('lobby')).status).toBe(429)
    expect((await history(ada, 'lobby', ELSEWHERE)).status).toBe(429)
    app.pass(120_000)
    expect((await history(ada, 'lobby')).status).toBe(200)
    expect((await history(bob, 'lobby')).status).toBe(200)
  })

  test('[S56] one guest who goes on guessing keeps nobody else at the address from rooms that exist', async () => {
    const app = await running()
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    const line = await bob.socket(FROM)
    line.send({ type: 'hello', rooms: [], state: 'active' })
    const guess = (room: string) =>
      ada.ask(`/api/rooms/${room}`, { method: 'PATCH', body: { topic: 'x' }, headers: FROM })
    for (let at = 0; at < 90; at += 1) {
      await guess(`guess-${at}`)
      if (at % 30 !== 29) continue
      expect((await guess('lobby')).status).toBe(429)
      expect((await history(bob, 'lobby')).status).toBe(200)
      line.send({ type: 'join', ref: `r${at}`, room: 'lobby' })
      expect(await line.hears('sync', ({ ref }) => ref === `r${at}`)).toMatchObject({ room: 'lobby' })
      app.pass(2_000)
    }
    // A newcomer who mistypes a link is told that there is no such room.
    expect((await history(await app.guest('Cy'), 'mistyped')).status).toBe(404)
  })

  test('[S56] of 10,000 guesses of forty guests made for it about as many are answered as of one', async () => {
    const app = await anApp({ trustProxy: 1, maxNewGuestsPerAddress: 1_000 })
    apps.push(app)
    const guests = await Promise.all(Array.from({ length: 40 }, (_, at) => app.guest(`Guest ${at}x`)))
    const of = { answered: 0, refused: 0 }
    let next = 0
    const guess = async (who: Guest) => {
      const room = `guess-${(next += 1)}`
      const { status } = await who.ask(`/api/rooms/${room}`, {
        method: 'PATCH',
        body: { topic: 'x' },
        headers: FROM,
      })
      if (status === 404) of.answered += 1
      else of.refused += 1
    }
    const worker = async (at: number) => {
      for (let n = 0; n < 250; n += 1) await guess(guests[(at + n) % 40] ?? guests[0]!)
    }
    await Promise.all(Array.from({ length: 40 }, (_, at) => worker(at)))
    expect(of.answered + of.refused).toBe(10_000)
    expect(of.answered).toBeLessThanOrEqual(70)
    of.answered = 0
    for (let second = 0; second < 60; second += 1) {
      app.pass(1_000)
      for (let n = 0; n < 40; n += 1) await guess(guests[n] ?? guests[0]!)
    }
    expect(of.answered).toBeLessThanOrEqual(40)
  }, 120_000)

  test('[S17] over a socket it is the same, and one hello is one miss, paid for by who says it', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    const socket = await ada.enter('lobby')
    for (let at = 0; at < 31; at += 1) socket.send({ type: 'join', ref: `r${at}`, room: `guess-${at}` })
    const last = await socket.hears('error', ({ ref }) => ref === 'r30')
    expect(last).toMatchObject({ code: 'rateLimited', after: 2_000 })
    expect(socket.heard.filter((frame) => frame.type === 'error' && frame.code === 'noRoom')).toHaveLength(30)

    // A hello is one miss, however many rooms it names: a device that slept may have been removed from all of them.
    const eve = await app.guest('Eve')
    const rooms = Array.from({ length: 60 }, (_, at) => ({ room: `guess-${at}`, seq: 0, id: null }))
    for (let at = 0; at < 30; at += 1) {
      const one = await eve.socket({ 'x-forwarded-for': `203.0.113.${at}` })
      one.send({ type: 'hello', rooms, state: 'active' })
      await one.hears('reset', ({ room }) => room === 'guess-59')
      one.close()
    }
    const second = await eve.socket(FROM)
    second.send({ type: 'hello', rooms, state: 'active' })
    expect(await second.hears('error')).toMatchObject({ code: 'rateLimited', after: 2_000 })
    // Others at the same address come in all the same.
    expect((await (await app.guest('Cy')).enter('lobby')).closed).toBeUndefined()
  })

  test('[S17] what is no room at all is answered like one that does not exist, and as fast', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    const asked = async (room: string) => {
      app.pass(2_000)
      const began = performance.now()
      const answer = await history(ada, room)
      const took = performance.now() - began
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { error: { code: 'noRoom', message: 'This room does not exist or is not open to you.' } },
      ])
      return took
    }
    // Two of a kind differ by chance; beside those it would be seen if the third kind differed otherwise.
    const [alike, others]: [number[], number[]] = [[], []]
    for (let at = 0; at < 60; at += 1) {
      const took: Record<string, number> = {}
      const rooms = ['guess-one', 'guess-two', 'Guess_One']
      for (let turn = 0; turn < 3; turn += 1) {
        const room = rooms[(at + turn) % 3]!
        took[room] = await asked(room)
      }
      const [one = NaN, two = NaN, none = NaN] = rooms.map((room) => took[room])
      alike.push(Math.abs(one - two))
      others.push(none - (one + two) / 2)
    }
    expect(Math.abs(percentile(others, 0.5))).toBeLessThanOrEqual(percentile(alike, 0.5))
  })
})

describe('scraping', () => {
  test('[S16] of a thousand pages in ten seconds fifty are answered, over all sessions of one address', async () => {
    const app = await running()
    const people = await Promise.all(['Ada', 'Bob', 'Cy', 'Di'].map((name) => app.guest(name)))
    let answered = 0
    for (let second = 0; second < 10; second += 1) {
      const asked = Array.from({ length: 100 }, async (_, at) => {
        const who = people[at % people.length]
        return who ? (await history(who, 'lobby')).status : 0
      })
      answered += (await Promise.all(asked)).filter((status) => status === 200).length
      app.pass(1_000)
    }
    expect(answered).toBeGreaterThan(40)
    expect(answered).toBeLessThanOrEqual(50)
  })
})
