import 'fake-indexeddb/auto'
import { describe, expect, test } from 'bun:test'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import { firstPage, ada, event, eve, numbers, page, said } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { aDevice, anOutbox } from '../../support/client/anOutbox.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

describe('leaving', () => {
  test('[U47] no frame leaves before its entry is stored', async () => {
    const real = await aDevice()
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const it = await anOutbox({ storage: { ...real, put: (...all) => held.then(() => real.put(...all)) } })
    it.connect().write('one')
    expect(it.queued.map(({ text }) => text)).toEqual(['one'])
    await Bun.sleep(0)
    expect(it.texts).toEqual([])
    release()
    await it.leaves(1)
    expect(await it.stored()).toEqual(['one'])
  })

  test('[M63] of one room one message is on its way at a time, in the order of writing', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two', 'three')
    await it.leaves(1)
    expect(it.texts).toEqual(['one'])
    it.ack()
    await it.leaves(2)
    it.ack()
    await it.leaves(3)
    expect(it.texts).toEqual(['one', 'two', 'three'])
  })

  test('[M63] other rooms do not wait for it; 32 in all are on their way', async () => {
    const it = await anOutbox()
    it.connect()
    for (const n of numbers(1, 40)) it.outbox.enqueue(`room-${n}`, { kind: 'message', text: `to ${n}` })
    await eventually('stored', async () => (await it.stored()).length === 40)
    await it.leaves(32)
    expect(it.sent).toHaveLength(32)
    it.ack()
    expect(it.sent).toHaveLength(33)
  })

  test('[M64] its ack or its event settles a message and empties the device of it', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two', 'three')
    await it.leaves(1)
    it.ack()
    await it.leaves(2)
    it.outbox.receive(event(said(2, { user: ada, nonce: it.sent.at(-1)?.nonce ?? '' })))
    await it.leaves(3)
    it.outbox.receive(page([said(3, { user: ada, nonce: it.sent.at(-1)?.nonce ?? '' })]))
    expect(it.outbox.unsentCount).toBe(0)
    await eventually('an empty device', async () => (await it.stored()).length === 0)
  })

  test('[C111] a row of mine in a first page settles its message, also one that had failed', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two')
    await it.leaves(1)
    const nonces = it.outbox.entries('lobby').map(({ nonce }) => nonce)
    it.outbox.failRoom('lobby')
    const [first, second] = nonces.map((nonce, at) => said(at + 1, { user: ada, nonce }))
    if (!first || !second) throw new TypeError('two were written')
    it.outbox.receive(firstPage([first, { ...second, user: eve }]))
    expect(it.outbox.entries('lobby').map(({ nonce }) => nonce)).toEqual(nonces.slice(1))
    it.outbox.receive(firstPage([first, second]))
    expect(it.outbox.unsentCount).toBe(0)
    await eventually('an empty device', async () => (await it.stored()).length === 0)
  })

  test('[M60] another’s event with my nonce settles nothing', async () => {
    const it = await anOutbox()
    it.connect().write('one')
    await it.leaves(1)
    it.outbox.receive(event(said(1, { user: eve, nonce: it.sent[0]?.nonce ?? '' })))
    expect(it.outbox.unsentCount).toBe(1)
  })

  test('[M65] after a break what has no ack leaves again, under the same nonce, in the same order', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two')
    await it.leaves(1)
    it.lose()
    expect(it.standings.get('one')?.status).toBe('queued')
    it.connect()
    it.ack(it.sent[0])
    await it.leaves(3)
    expect(it.texts).toEqual(['one', 'one', 'two'])
    expect(it.sent[0]?.nonce).toBe(it.sent[1]?.nonce ?? '')
  })

  test('[M65] nothing leaves for a room that the connection has not joined', async () => {
    const it = await anOutbox()
    it.wire.joined = false
    it.connect().write('one')
    await eventually('stored', async () => (await it.stored()).length === 1)
    expect(it.texts).toEqual([])
    it.wire.joined = true
    it.outbox.flush()
    expect(it.texts).toEqual(['one'])
  })

  test('[T6] an ack five seconds late casts doubt on the connection; proven alive, all is sent again', async () => {
    const it = await anOutbox()
    it.connect().write('one')
    await it.leaves(1)
    it.time.pass(4_900)
    expect(it.said).not.toContain('doubt')
    it.time.pass(200)
    expect(it.said).toContain('doubt')
    it.outbox.resend()
    expect(it.texts).toEqual(['one', 'one'])
  })

  test('[U47] two hundred wait; one more is refused and changes nothing', async () => {
    const it = await anOutbox()
    for (const n of numbers(1, 200))
      expect(it.outbox.enqueue('lobby', { kind: 'message', text: `text ${n}` })).not.toBeNull()
    expect(it.outbox.enqueue('lobby', { kind: 'message', text: 'one too many' })).toBeNull()
    expect(it.queued).toHaveLength(200)
    expect(it.outbox.unsentCount).toBe(200)
  })
})

describe('refusals', () => {
  test('[U49] too fast: it waits as told and goes by itself, and nothing overtakes it', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two')
    await it.leaves(1)
    it.refuse('rateLimited', 3_000)
    expect(it.standings.get('one')).toMatchObject({ status: 'queued', retryAt: it.time.now() + 3_000 })
    it.time.pass(2_900)
    expect(it.texts).toEqual(['one'])
    it.time.pass(200)
    expect(it.texts).toEqual(['one', 'one'])
  })

  test('[U49] frames dropped unread are sent again, all of them', async () => {
    const it = await anOutbox()
    it.connect()
    it.outbox.enqueue('lobby', { kind: 'message', text: 'here' })
    it.outbox.enqueue('kitchen', { kind: 'message', text: 'there' })
    await it.leaves(2)
    it.refuse('rateLimited', 1_000, { type: 'send', room: '', text: '', nonce: '' })
    expect(it.outbox.unsentCount).toBe(2)
    const { message, retry } = ERRORS.rateLimited
    it.outbox.receive({ type: 'error', code: 'rateLimited', message, retry })
    it.time.pass(1_100)
    expect(it.texts).toEqual(['here', 'there', 'here', 'there'])
  })

  test('[M66] without a time it waits longer from refusal to refusal', async () => {
    const it = await anOutbox()
    it.connect().write('one')
    await it.leaves(1)
    const waits = numbers(1, 7).map((count) => {
      it.refuse('unavailable')
      const before = it.time.now()
      while (it.sent.length === count) it.time.pass(100)
      return Math.round((it.time.now() - before) / SECOND)
    })
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
  })

  test.each(numbers(0, 24))(
    '[M68] woken %i ms beside its time, by a clock that goes on meanwhile, it goes all the same',
    async (beside) => {
      const time = fakeTime()
      let looks = 0
      const it = await anOutbox({
        time: {
          ...time,
          now: () => time.now() + (looks += 1),
          after: (ms, run) =>
            time.after(ms, () => {
              looks = beside
              run()
            }),
        },
      })
      it.connect().write('one')
      await it.leaves(1)
      it.refuse('unavailable')
      time.pass(2 * SECOND)
      expect(it.texts).toEqual(['one', 'one'])
    },
  )

  const final = Object.entries(ERRORS).filter(([, { retry }]) => !retry) as [ErrorCode, unknown][]
  test.each(final)('[U46] %s is final: the message failed, the next one leaves', async (code) => {
    const it = await anOutbox()
    it.connect().write('one', 'two')
    await it.leaves(1)
    it.refuse(code)
    await it.leaves(2)
    expect(it.standings.get('one')).toEqual({ status: 'failed', reason: code })
    expect(it.texts).toEqual(['one', 'two'])
  })

  test('[U46] Retry keeps the nonce and goes behind what waits', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two', 'three')
    await it.leaves(1)
    const [first] = it.sent
    it.refuse('readOnly')
    await it.leaves(2)
    it.outbox.retry(first?.nonce ?? '')
    it.ack()
    await it.leaves(3)
    it.ack()
    await it.leaves(4)
    expect(it.texts).toEqual(['one', 'two', 'three', 'one'])
    expect(it.sent.at(-1)?.nonce).toBe(first?.nonce ?? '')
  })

  test('[U46] a failed message stays on the device, failed, until it is dropped', async () => {
    const it = await anOutbox()
    it.connect().write('one')
    await it.leaves(1)
    it.refuse('gone')
    await eventually('stored as failed', async () => (await it.device.entries(ada.id))[0]?.failed === 'gone')
    const later = await anOutbox({ storage: it.device })
    later.connect()
    expect(later.queued).toMatchObject([{ text: 'one', failed: 'gone' }])
    expect(later.texts).toEqual([])
    later.outbox.drop(it.sent[0]?.nonce ?? '')
    await eventually('an empty device', async () => (await later.stored()).length === 0)
  })

  test('[U46] five minutes of connection without an ack are too long; a tunnel is not', async () => {
    const it = await anOutbox()
    it.write('one')
    it.time.pass(20 * MINUTE)
    it.connect()
    await it.leaves(1)
    it.time.pass(4 * MINUTE)
    it.outbox.resend()
    expect(it.standings.get('one')?.status).toBe('sent')
    it.time.pass(MINUTE + SECOND)
    expect(it.standings.get('one')).toEqual({ status: 'failed', reason: 'late' })
  })

  test('[U46] sixty minutes after it was written it has failed, connected or not', async () => {
    const it = await anOutbox()
    it.write('one')
    it.time.pass(60 * MINUTE + SECOND)
    expect(it.standings.get('one')).toEqual({ status: 'failed', reason: 'late' })
    it.outbox.receive(event(said(1, { user: ada, nonce: it.queued[0]?.nonce ?? '' })))
    expect(it.outbox.unsentCount).toBe(0)
  })

  test('[M67] after a close for what was sent it is not sent again by itself, and its text is kept', async () => {
    const it = await anOutbox()
    it.connect().write('one', 'two')
    await it.leaves(1)
    it.lose(true).connect()
    await it.leaves(2)
    expect(it.standings.get('one')).toEqual({ status: 'failed', reason: 'refused' })
    expect(it.texts).toEqual(['one', 'two'])
    expect(await it.stored()).toEqual(['one', 'two'])
  })

  test('[U86] what waits for a room that is closed to me has failed', async () => {
    const it = await anOutbox()
    it.write('one')
    it.outbox.failRoom('lobby')
    expect(it.standings.get('one')).toEqual({ status: 'failed', reason: 'noRoom' })
  })

  test('[U46] Cancel takes a waiting message away, from the device too', async () => {
    const it = await anOutbox()
    it.write('one', 'two')
    it.outbox.drop(it.queued[0]?.nonce ?? '')
    expect(it.dropped).toEqual(['one'])
    await eventually('gone', async () => (await it.stored()).join() === 'two')
    it.connect()
    await it.leaves(1)
    expect(it.texts).toEqual(['two'])
  })
})
