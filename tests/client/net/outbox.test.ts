import { describe, expect, test } from 'bun:test'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import { ada, event, eve, firstPage, numbers, page as syncPage, said } from '../../support/client/aState.ts'
import { aDevice, anOutbox, aSendingOutbox } from '../../support/client/anOutbox.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { eventually } from '../../support/eventually.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

describe('sending', () => {
  test('[U47] no frame is sent before its entry is stored', async () => {
    const device = await aDevice()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const storage = {
      ...device,
      put: (...put: Parameters<typeof device.put>) => released.then(() => device.put(...put)),
    }
    const page = await anOutbox({ storage })
    page.connect().write('one')
    expect(page.queuedTexts).toEqual(['one'])
    await Bun.sleep(0)
    expect(page.sent).toEqual([])
    release()
    await page.untilSent(1)
    expect(await page.stored()).toEqual(['one'])
  })

  test('[M63] a room has one message in flight at a time, in the order of writing', async () => {
    const page = await anOutbox()
    page.connect().write('one', 'two', 'three')
    for (const count of [1, 2, 3]) {
      await page.untilSent(count)
      expect(page.sentTexts).toEqual(['one', 'two', 'three'].slice(0, count))
      page.ack()
    }
  })

  test('[M63] other rooms do not wait; 32 messages are in flight at most', async () => {
    const page = await anOutbox()
    page.connect()
    for (const n of numbers(1, 40)) page.outbox.enqueue(`room-${n}`, { kind: 'message', text: `to ${n}` })
    await page.untilStored(40)
    await page.untilSent(32)
    expect(page.sent).toHaveLength(32)
    page.ack()
    expect(page.sent).toHaveLength(33)
  })

  test('[M64] an ack or an event settles a message and deletes it from the device', async () => {
    const page = await aSendingOutbox('one', 'two', 'three')
    page.ack()
    await page.untilSent(2)
    page.outbox.receive(event(said(2, { user: ada, nonce: page.sent.at(-1)!.nonce })))
    await page.untilSent(3)
    page.outbox.receive(syncPage([said(3, { user: ada, nonce: page.sent.at(-1)!.nonce })]))
    expect(page.outbox.unsentCount).toBe(0)
    await page.untilStored(0)
  })

  test('[C111] my message in a first page is settled, even if it had failed', async () => {
    const page = await aSendingOutbox('one', 'two')
    const [one = '', two = ''] = page.outbox.entries('lobby').map(({ nonce }) => nonce)
    page.outbox.failRoom('lobby')
    const first = said(1, { user: ada, nonce: one })
    page.outbox.receive(firstPage([first, said(2, { user: eve, nonce: two })]))
    expect(page.outbox.entries('lobby').map(({ nonce }) => nonce)).toEqual([two])
    page.outbox.receive(firstPage([first, said(2, { user: ada, nonce: two })]))
    expect(page.outbox.unsentCount).toBe(0)
    await page.untilStored(0)
  })

  test('[M60] an event of another person with my nonce settles nothing', async () => {
    const page = await aSendingOutbox('one')
    page.outbox.receive(event(said(1, { user: eve, nonce: page.sent[0]!.nonce })))
    expect(page.outbox.unsentCount).toBe(1)
  })

  test('[M65] after a reconnect, messages without an ack are sent again with the same nonce, in the same order', async () => {
    const page = await aSendingOutbox('one', 'two')
    page.disconnect()
    expect(page.statuses.get('one')?.status).toBe('queued')
    page.connect().ack(page.sent[0])
    await page.untilSent(3)
    expect(page.sentTexts).toEqual(['one', 'one', 'two'])
    expect(page.sent[0]!.nonce).toBe(page.sent[1]!.nonce)
  })

  test('[M65] nothing is sent to a room that the connection has not joined', async () => {
    const page = await anOutbox()
    page.connection.hasJoined = false
    page.connect().write('one')
    await page.untilStored(1)
    expect(page.sent).toEqual([])
    page.connection.hasJoined = true
    page.outbox.flush()
    expect(page.sentTexts).toEqual(['one'])
  })

  test('[T6] an ack overdue by five seconds makes the connection be checked; once proven alive, all is sent again', async () => {
    const page = await aSendingOutbox('one')
    page.time.pass(4_900)
    expect(page.reports).toEqual([])
    page.time.pass(200)
    expect(page.reports).toEqual(['ackOverdue'])
    page.outbox.resend()
    expect(page.sentTexts).toEqual(['one', 'one'])
  })

  test('[U47] 200 messages wait; one more is refused', async () => {
    const page = await anOutbox()
    for (const n of numbers(1, 200))
      expect(page.outbox.enqueue('lobby', { kind: 'message', text: `text ${n}` })).not.toBeNull()
    expect(page.outbox.enqueue('lobby', { kind: 'message', text: 'one too many' })).toBeNull()
    expect([page.queued.length, page.outbox.unsentCount]).toEqual([200, 200])
  })
})

describe('refusals', () => {
  test('[U49] a rate-limited message waits as long as the server says, is sent by itself, and is not overtaken', async () => {
    const page = await aSendingOutbox('one', 'two')
    page.refuse('rateLimited', 3_000)
    expect(page.statuses.get('one')).toEqual({ status: 'queued' })
    page.time.pass(2_900)
    expect(page.sentTexts).toEqual(['one'])
    page.time.pass(200)
    expect(page.sentTexts).toEqual(['one', 'one'])
  })

  test('[U49] if the server dropped frames unread, all frames in flight are sent again', async () => {
    const page = await anOutbox()
    page.connect()
    page.outbox.enqueue('lobby', { kind: 'message', text: 'here' })
    page.outbox.enqueue('kitchen', { kind: 'message', text: 'there' })
    await page.untilSent(2)
    page.refuse('rateLimited', undefined, '')
    page.time.pass(1_100)
    expect(page.sentTexts).toEqual(['here', 'there', 'here', 'there'])
  })

  test('[M66] without a given time a message waits longer after each refusal', async () => {
    const page = await aSendingOutbox('one')
    const waits = numbers(1, 7).map((count) => {
      page.refuse('unavailable')
      const before = page.time.now()
      while (page.sent.length === count) page.time.pass(100)
      return Math.round((page.time.now() - before) / SECOND)
    })
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
  })

  test('[M68] a retry whose timer fires early by the clock is sent all the same', async () => {
    const time = fakeTime()
    const after: typeof time.after = (ms, run) => time.after(ms - 1, run)
    const page = await anOutbox({ time: { ...time, after } })
    page.connect().write('one')
    await page.untilSent(1)
    page.refuse('unavailable')
    time.pass(SECOND - 1)
    expect(page.sentTexts).toEqual(['one', 'one'])
  })

  test('[U46] after a final error the message has failed and the next one is sent', async () => {
    for (const [code, { retry }] of Object.entries(ERRORS) as [ErrorCode, { retry: boolean }][]) {
      if (retry) continue
      const page = await aSendingOutbox('one', 'two')
      page.refuse(code)
      await page.untilSent(2)
      expect(page.statuses.get('one')).toEqual({ status: 'failed', reason: code })
      expect(page.sentTexts).toEqual(['one', 'two'])
    }
  })

  test('[U46] Retry keeps the nonce and queues behind the others', async () => {
    const page = await aSendingOutbox('one', 'two', 'three')
    const { nonce } = page.sent[0]!
    page.refuse('readOnly')
    await page.untilSent(2)
    page.outbox.retry(nonce)
    for (const count of [3, 4]) {
      page.ack()
      await page.untilSent(count)
    }
    expect(page.sentTexts).toEqual(['one', 'two', 'three', 'one'])
    expect(page.sent.at(-1)!.nonce).toBe(nonce)
  })

  test('[U46] a failed message stays on the device until it is dropped', async () => {
    const page = await aSendingOutbox('one')
    page.refuse('gone')
    await eventually(
      'stored as failed',
      async () => (await page.device.entries(ada.id))[0]?.failed === 'gone',
    )
    const later = await anOutbox({ storage: page.device })
    later.connect()
    expect(later.queued).toMatchObject([{ text: 'one', failed: 'gone' }])
    expect(later.sent).toEqual([])
    later.outbox.drop(page.sent[0]!.nonce)
    await later.untilStored(0)
  })

  test('[U46] a message fails after five minutes on a live connection, however long it was offline before', async () => {
    const page = await anOutbox()
    page.write('one')
    page.time.pass(20 * MINUTE)
    page.connect()
    await page.untilSent(1)
    page.time.pass(4 * MINUTE)
    page.outbox.resend()
    expect(page.statuses.get('one')?.status).toBe('sent')
    page.time.pass(MINUTE + SECOND)
    expect(page.statuses.get('one')).toEqual({ status: 'failed', reason: 'late' })
  })

  test('[U46] a message fails 60 minutes after it was written, and its event still settles it', async () => {
    const page = await anOutbox()
    page.write('one')
    page.time.pass(60 * MINUTE + SECOND)
    expect(page.statuses.get('one')).toEqual({ status: 'failed', reason: 'late' })
    page.outbox.receive(event(said(1, { user: ada, nonce: page.queued[0]!.nonce })))
    expect(page.outbox.unsentCount).toBe(0)
  })

  test('[M67] a message whose frame closed the connection is not sent again by itself, and its text is kept', async () => {
    const page = await aSendingOutbox('one', 'two')
    page.disconnect(true).connect()
    await page.untilSent(2)
    expect(page.statuses.get('one')).toEqual({ status: 'failed', reason: 'refused' })
    expect(page.sentTexts).toEqual(['one', 'two'])
    expect(await page.stored()).toEqual(['one', 'two'])
  })

  test('[U86] messages for a room that is closed to me fail', async () => {
    const page = await anOutbox()
    page.write('one')
    page.outbox.failRoom('lobby')
    expect(page.statuses.get('one')).toEqual({ status: 'failed', reason: 'noRoom' })
  })

  test('[U46] Cancel removes a waiting message, from the device too', async () => {
    const page = await anOutbox()
    page.write('one', 'two')
    page.outbox.drop(page.queued[0]!.nonce)
    expect(page.dropped).toEqual(['one'])
    await eventually('gone', async () => (await page.stored()).join() === 'two')
    page.connect()
    await page.untilSent(1)
    expect(page.sentTexts).toEqual(['two'])
  })
})

describe('changes to messages', () => {
  const edit = { kind: 'edit', target: 'id-1', text: 'better' } as const
  const react = { kind: 'react', target: 'id-1', emoji: '👍', on: true } as const

  test('[M63, M75] changes are sent as their own frames, in one order with the messages, one at a time', async () => {
    const page = await anOutbox()
    page.connect().write('first')
    page.outbox.enqueue('lobby', edit)
    page.outbox.enqueue('lobby', { kind: 'delete', target: 'id-2' })
    page.outbox.enqueue('lobby', react)
    page.outbox.enqueue('lobby', { kind: 'pin', target: 'id-1', on: false })
    for (const count of numbers(1, 5)) {
      await page.untilSent(count)
      expect(page.sent).toHaveLength(count)
      page.ack()
    }
    expect(page.sent.map(({ nonce: _, ...frame }) => frame)).toEqual<object[]>([
      { type: 'send', room: 'lobby', text: 'first' },
      { type: 'edit', room: 'lobby', target: 'id-1', text: 'better' },
      { type: 'delete', room: 'lobby', target: 'id-2' },
      { type: 'react', room: 'lobby', target: 'id-1', emoji: '👍', on: true },
      { type: 'pin', room: 'lobby', target: 'id-1', on: false },
    ])
    expect(page.outbox.unsentCount).toBe(0)
  })

  test('[M75, U34] changes survive the page and leave the room’s draft alone', async () => {
    const page = await anOutbox()
    await page.outbox.saveDraft('lobby', 'half a thought', 4)
    page.outbox.enqueue('lobby', edit)
    page.outbox.enqueue('lobby', react)
    await page.untilStored(2)
    expect(await page.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 4 })
    const later = await anOutbox({ storage: page.device })
    expect(later.queued.map(({ kind }) => kind)).toEqual(['edit', 'react'])
  })

  test('[M75] a refused change stays on the device if it has text, else only in the page', async () => {
    const page = await anOutbox()
    page.connect()
    for (const change of [edit, react]) {
      page.outbox.enqueue('lobby', change)
      await eventually('sent', () => page.sent.at(-1)?.type === change.kind)
      page.refuse('gone')
    }
    expect([...page.statuses.values()]).toEqual(Array(2).fill({ status: 'failed', reason: 'gone' }))
    await page.untilStored(1)
    expect(await page.device.entries(ada.id)).toMatchObject([
      { kind: 'edit', text: 'better', failed: 'gone' },
    ])
    expect(page.outbox.unsentCount).toBe(1)
    const { nonce } = page.sent[1]!
    page.outbox.retry(nonce)
    await page.untilSent(3)
    expect(page.sent[2]).toMatchObject({ type: 'react', nonce })
  })
})
