import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { channelOf } from '../../src/http/socket/roomBroadcast.ts'
import { Findings } from '../chaos/scenario.ts'
import { serverProcess } from '../chaos/serverProcess.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { aGuest, anApp, type Guest } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { clientFrame, type RawSocket, rawSocket } from '../support/server/rawSocket.ts'
import type { SocketClient } from '../support/server/socketClient.ts'
import { aWhile, foundBy, HELLO, percentile } from './support/aVictim.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(90_000)

const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const clean of cleanups) await clean()
})

/** LONG=1: as many people and messages as S9 says; else fewer, so that it ends in seconds. */
const LONG = process.env['LONG'] === '1'

/** ms that nobody notices, whatever a calm server takes */
const UNNOTICED = 100

/** Somebody's socket by hand, live in a room. */
async function byHand(port: number, { cookie }: Guest, room: string): Promise<RawSocket> {
  const socket = await rawSocket(port, '/ws?v=2', [`Cookie: ${cookie}`, `Origin: http://localhost:${port}`])
  const hello = { ...HELLO, rooms: [{ room, seq: 0, id: null }] }
  socket.write(clientFrame(0x81, JSON.stringify(hello)))
  await eventually('the room', () => socket.text().includes('"more":false'))
  return socket
}

test('[S9] while all together leave too much unsent, those who read most slowly are let go, and no others', async () => {
  const app = await anApp()
  const make = async (name: string, room: string): Promise<RawSocket> => {
    const guest = await app.guest(name)
    if (room !== 'lobby') await guest.ask('/api/rooms', { method: 'POST', body: { name: room } })
    return byHand(app.port, guest, room)
  }
  const [slowest, slow, healthy] = [
    await make('Ada', 'lobby'),
    await make('Bob', 'den'),
    await make('Cy', 'attic'),
  ]
  slowest.pause()
  slow.pause()
  const filler = 'x'.repeat(16_000)
  /** Publishes until the followers of this room leave so much more unsent. */
  const stall = async (room: string, bytes: number) => {
    const before = app.app.unsent()
    await eventually('what is unsent', () => {
      // In small steps: what a turn publishes is counted as unsent when it ends.
      for (let at = 0; at < 8 && app.app.unsent() - before < bytes; at += 1)
        app.server.publish(channelOf(room), filler)
      return app.app.unsent() - before >= bytes
    })
  }
  await stall('den', 200_000)
  await stall('lobby', 700_000)
  const all = app.app.unsent()
  app.app.shedSlowReaders(all)
  expect([app.app.unsent(), app.hub.stats().connections]).toEqual([all, 3])
  app.app.shedSlowReaders(all - 1)
  expect(app.app.unsent()).toBeLessThan(400_000)
  await eventually('one has gone', () => app.hub.stats().connections === 2)
  slowest.resume()
  slow.resume()
  await eventually('the end of the slowest', () => slowest.closed)
  expect([slowest.code(), slow.closed, healthy.closed]).toEqual([4413, false, false])
  await app.stop()
})

test('[S9] who stops reading is cut off soon and costs little, and those who read hear all of it in order and in time', async () => {
  const [stalled, readers, perSecond, bytes] = LONG ? [50, 50, 1_000, 1_000] : [10, 10, 500, 3_900]
  const data = aTemporaryDir()
  const token = crypto.randomUUID() + crypto.randomUUID()
  // As the product, but that one person may say a thousand messages a second.
  const server = await serverProcess(data.dir, { MAX_NEW_GUESTS_PER_ADDRESS: '10000', METRICS_TOKEN: token })
  cleanups.push(async () => {
    await server.kill()
    data.remove()
  })
  await server.start()
  const origin = `http://127.0.0.1:${server.port}`
  const connections = async () => {
    const answer = await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    return Number(/^hubbub_connections (\d+)$/m.exec(await answer.text())?.[1] ?? Number.NaN)
  }
  const frozen: RawSocket[] = []
  for (let at = 0; at < stalled; at += 1)
    frozen.push(await byHand(server.port, await aGuest(origin, `Stalled ${at}`), 'lobby'))
  const healthy: SocketClient[] = []
  for (let at = 0; at < readers; at += 1)
    healthy.push(await (await aGuest(origin, `Reader ${at}`)).enter('lobby'))
  const [sender] = healthy
  if (!sender) throw new TypeError('nobody')

  const text = 'x'.repeat(bytes)
  let said = 0
  /** Says so many messages a second until it is over. @returns the p99 of ms from frame to ack */
  const talk = async (isOver: () => boolean): Promise<number> => {
    const times: number[] = []
    const under = new Map<string, number>()
    let read = sender.heard.length
    const hear = () => {
      for (; read < sender.heard.length; read += 1) {
        const frame = sender.heard[read]
        if (frame?.type !== 'ack') continue
        times.push(performance.now() - (under.get(frame.nonce) ?? Number.NaN))
        under.delete(frame.nonce)
      }
      return under.size === 0
    }
    const [began, from] = [performance.now(), said]
    while (!isOver()) {
      // No more than the protocol lets be under way: a slow machine says less.
      while (said - from < ((performance.now() - began) / 1_000) * perSecond && under.size < 60) {
        const nonce = `nonce-of-${(said += 1)}`
        under.set(nonce, performance.now())
        sender.send({ type: 'send', nonce, room: 'lobby', text })
      }
      await Bun.sleep(2)
      hear()
    }
    await eventually('every ack', hear, 20_000)
    return percentile(times, 0.99)
  }

  const findings = new Findings()
  const calm = await talk(aWhile(1_500))
  const before = server.rss()
  for (const socket of frozen) socket.pause()
  const from = said
  const state = { living: stalled + readers, most: 0 }
  const isLate = aWhile(60_000)
  const isOver = () => state.living <= readers || isLate()
  const watching = (async () => {
    while (!isOver()) {
      state.living = await connections()
      state.most = Math.max(state.most, server.rss())
      await Bun.sleep(50)
    }
  })()
  const p99 = await talk(isOver)
  await watching
  const behind = ((said - from) * (bytes + 250)) / 1_048_576
  const each = (state.most - before) / 1_048_576 / stalled

  expect(state.living).toBe(readers)
  // What the kernels of both sides take beside our own 1 MiB (P9), and what is said within a second.
  expect(behind).toBeLessThan(16)
  findings.atMost('MB of memory for each who stalls', each, LONG ? 2 : 4)
  findings.atMost('p99 from frame to ack', p99, Math.max(UNNOTICED, 2 * calm))
  expect(foundBy(findings, { calm, p99, behind, each })).toEqual([])
  for (const { heard } of healthy) {
    const seqs = heard.flatMap((frame) => (frame.type === 'event' ? [frame.seq] : []))
    await eventually('all of it', () => heard.some((frame) => frame.type === 'event' && frame.seq === said))
    expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at))
  }
})
