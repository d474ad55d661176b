import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { channelOf } from '../../src/http/socket/roomBroadcast.ts'
import { Findings } from '../chaos/scenario.ts'
import { ServerProcess } from '../chaos/serverProcess.ts'
import { aGuest } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { aRunningApp, rawGuest } from '../support/server/aRunningApp.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import type { RawSocket } from '../support/server/rawSocket.ts'
import { aWhile, foundBy, percentile } from './support/aVictim.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(90_000)

const cleanups: (() => Promise<void>)[] = []
afterAll(() => Promise.all(cleanups.map((cleanup) => cleanup())))

/** LONG=1: as many people and messages as the rule says; else fewer, so that the test ends in seconds. */
const LONG = process.env['LONG'] === '1'
/** ms that nobody notices, whatever a calm server takes */
const UNNOTICED = 100

test('[S9] while all sockets together have too much unsent, the slowest readers are closed, and no others', async () => {
  const { app, guest, port, server, hub } = await aRunningApp()
  const enter = async (name: string, room: string): Promise<RawSocket> => {
    const person = await guest(name)
    if (room !== 'lobby') await person.ask('/api/rooms', { method: 'POST', body: { name: room } })
    return rawGuest(port, person.cookie, room)
  }
  const [slowest, slow, healthy] = [
    await enter('Ada', 'lobby'),
    await enter('Bob', 'den'),
    await enter('Cy', 'attic'),
  ]
  slowest.pause()
  slow.pause()
  const filler = 'x'.repeat(16_000)
  /** Publishes until a room's followers have left `bytes` more unsent. */
  const stall = async (room: string, bytes: number) => {
    const before = app.unsent()
    await eventually('the unsent bytes', () => {
      // In small steps: what a turn publishes counts as unsent when the turn ends.
      for (let at = 0; at < 8 && app.unsent() - before < bytes; at += 1)
        server.publish(channelOf(room), filler)
      return app.unsent() - before >= bytes
    })
  }
  await stall('den', 200_000)
  await stall('lobby', 700_000)
  const unsent = app.unsent()
  app.shedSlowReaders(unsent)
  expect([app.unsent(), hub.stats().connections]).toEqual([unsent, 3])
  app.shedSlowReaders(unsent - 1)
  expect(app.unsent()).toBeLessThan(400_000)
  await eventually('one has gone', () => hub.stats().connections === 2)
  slowest.resume()
  slow.resume()
  await eventually('the end of the slowest', () => slowest.closed)
  expect([slowest.code(), slow.closed, healthy.closed]).toEqual([4413, false, false])
})

test('[S9] a client that stops reading is soon cut off and costs little; clients that read hear everything in order and in time', async () => {
  const [stalled, readers, perSecond, bytes] = LONG ? [50, 50, 1_000, 1_000] : [10, 10, 500, 3_900]
  const data = aTemporaryDir()
  const token = crypto.randomUUID() + crypto.randomUUID()
  // As in production, except that one person may send a thousand messages a second.
  const env = { MAX_NEW_GUESTS_PER_ADDRESS: '10000', METRICS_TOKEN: token }
  const server = new ServerProcess(data.dir, { env })
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
  const frozen = await Array.fromAsync({ length: stalled }, async (_, at) =>
    rawGuest(server.port, (await aGuest(origin, `Stalled ${at}`)).cookie),
  )
  const healthy = await Array.fromAsync({ length: readers }, async (_, at) =>
    (await aGuest(origin, `Reader ${at}`)).enter('lobby'),
  )
  const [sender] = healthy
  if (!sender) throw new TypeError('no reader')

  const text = 'x'.repeat(bytes)
  let sent = 0
  /** Sends `perSecond` messages a second until it is over. @returns the p99 of ms from frame to ack */
  const talk = async (isOver: () => boolean): Promise<number> => {
    const times: number[] = []
    const pending = new Map<string, number>()
    let read = sender.heard.length
    const hear = () => {
      for (; read < sender.heard.length; read += 1) {
        const frame = sender.heard[read]
        if (frame?.type !== 'ack') continue
        times.push(performance.now() - (pending.get(frame.nonce) ?? Number.NaN))
        pending.delete(frame.nonce)
      }
      return pending.size === 0
    }
    const [began, from] = [performance.now(), sent]
    while (!isOver()) {
      // The protocol allows 64 messages without an ack, so a slow machine sends fewer.
      while (sent - from < ((performance.now() - began) / 1_000) * perSecond && pending.size < 60) {
        const nonce = `nonce-of-${(sent += 1)}`
        pending.set(nonce, performance.now())
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
  const from = sent
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
  const behind = ((sent - from) * (bytes + 250)) / 1_048_576
  const each = (state.most - before) / 1_048_576 / stalled

  expect(state.living).toBe(readers)
  // Our own 1 MiB, the buffers of both kernels, and a second's worth of messages.
  expect(behind).toBeLessThan(16)
  findings.atMost('MB of memory for each who stalls', each, LONG ? 2 : 4)
  findings.atMost('p99 from frame to ack', p99, Math.max(UNNOTICED, 2 * calm))
  expect(foundBy(findings, { calm, p99, behind, each })).toEqual([])
  for (const { heard } of healthy) {
    await eventually('the last', () => heard.some((frame) => frame.type === 'event' && frame.seq === sent))
    const seqs = heard.flatMap((frame) => (frame.type === 'event' ? [frame.seq] : []))
    expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at))
  }
})
