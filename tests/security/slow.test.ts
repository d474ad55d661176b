import { expect, setDefaultTimeout, test } from 'bun:test'
import { channelOf } from '../../src/http/socket/roomBroadcast.ts'
import { eventually } from '../support/eventually.ts'
import { aLobby, aRunningApp, rawGuest } from '../support/server/aRunningApp.ts'

// Real sockets on a busy machine.
setDefaultTimeout(40_000)

test('[S9] while all sockets together have too much unsent, the slowest readers are closed, and no others', async () => {
  const { app, guest, port, server, hub } = await aRunningApp()
  const enter = async (name: string, room: string) => {
    const person = await guest(name)
    if (room !== 'lobby') await person.ask('/api/rooms', { method: 'POST', body: { name: room } })
    return rawGuest(port, person.cookie, room)
  }
  const [slowest, slow] = [await enter('Ada', 'lobby'), await enter('Bob', 'den')]
  const healthy = await enter('Cy', 'attic')
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

test('[S9] a client that stops reading is cut off at 1 MiB of unsent data; one that reads hears everything in order', async () => {
  const { ada, bob, app, port, server, hub } = await aLobby()
  const [stalled, reader] = [await rawGuest(port, ada.cookie), await bob.enter('lobby')]
  stalled.pause()
  let [published, unsent] = [0, 0]
  const text = 'x'.repeat(8_000)
  await eventually(
    'the cut',
    () => {
      // In small steps: the reader, in this process, reads between them.
      for (let at = 0; at < 8; at += 1)
        server.publish(channelOf('lobby'), JSON.stringify({ type: 'event', seq: (published += 1), text }))
      unsent = Math.max(unsent, app.unsent())
      return hub.stats().connections === 1
    },
    20_000,
  )
  expect(unsent).toBeGreaterThan(900_000)
  expect(unsent).toBeLessThan(1_200_000)
  // Besides that, the buffers of both kernels.
  expect(published * text.length).toBeLessThan(16 * 1_048_576)
  const seqs = () => reader.heard.flatMap((frame) => (frame.type === 'event' ? [frame.seq] : []))
  await eventually('the last event', () => seqs().at(-1) === published)
  expect(seqs()).toEqual(Array.from({ length: published }, (_, at) => at + 1))
})
