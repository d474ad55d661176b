import 'fake-indexeddb/auto'
import { describe, expect, test } from 'bun:test'
import { Outbox } from '../../../src/client/net/outbox.ts'
import { memoryStorage, openStorage, type DeviceStorage } from '../../../src/client/net/storage.ts'
import type { OutboxEntry, SendStatus } from '../../../src/client/state/state.ts'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { firstPage, ada, event, eve, numbers, page, said } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime, type FakeTime } from '../../support/client/fakeTime.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

let databases = 0
/** A device of its own. */
const aDevice = () => openStorage(`device ${(databases += 1)}`)

interface Settings {
  storage?: DeviceStorage
  time?: FakeTime
  user?: string
  tab?: string
}

/** Ada's outbox, with a wire that the test opens and closes. */
async function anOutbox({ storage, time = fakeTime(), user = ada.id, tab = 'tab-1' }: Settings = {}) {
  const device = storage ?? (await aDevice())
  const sent: Extract<ClientFrame, { type: 'send' }>[] = []
  const queued: OutboxEntry[] = []
  const standings = new Map<string, SendStatus>()
  const dropped: string[] = []
  const said: string[] = []
  const wire = { open: false, joined: true }
  let nonces = 0
  const outbox = new Outbox(
    device,
    tab,
    {
      now: () => time.now(),
      after: (ms, run) => time.after(ms, run),
      random: () => 1,
      nonce: () => `${tab}-nonce-${(nonces += 1)}`,
    },
    {
      send(frame) {
        if (wire.open && frame.type === 'send') sent.push(frame)
        return wire.open
      },
      isJoined: () => wire.joined,
      isConfirmed: () => wire.joined,
      queued: (entry) => queued.push(entry),
      statusChanged: (entry, standing) => standings.set(entry.text ?? entry.kind, standing),
      dropped: (entry) => dropped.push(entry.text ?? entry.kind),
      ackOverdue: () => said.push('doubt'),
      storageBlocked: () => said.push('forgetful'),
      unsavedChanged: (would) => said.push(would ? 'losing' : 'safe'),
    },
  )
  await outbox.start(user)
  const it = {
    outbox,
    device,
    time,
    wire,
    sent,
    queued,
    standings,
    dropped,
    said,
    get texts() {
      return sent.map(({ text }) => text)
    },
    connect() {
      wire.open = true
      outbox.resend()
      return it
    },
    lose(refused = false) {
      wire.open = false
      outbox.disconnected(refused)
      return it
    },
    write(...texts: string[]) {
      for (const text of texts) outbox.enqueueMessage('lobby', text)
      return it
    },
    /** Waits until so many frames have left. */
    leaves: (count: number) => eventually(`${count} frames`, () => sent.length >= count),
    ack(frame = sent.at(-1)) {
      const { nonce = '', room = '' } = frame ?? {}
      outbox.receive({ type: 'ack', nonce, room, seq: 1, id: 'id-1', at: 0 })
      return it
    },
    refuse(code: ErrorCode, after?: number, frame = sent.at(-1)) {
      const { message, retry } = ERRORS[code]
      const named = frame === undefined ? {} : { nonce: frame.nonce }
      outbox.receive({ type: 'error', ...named, code, message, retry, ...(after !== undefined && { after }) })
      return it
    },
    stored: async () => (await device.entries(user)).map(({ text }) => text),
  }
  return it
}

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
    for (const n of numbers(1, 40)) it.outbox.enqueueMessage(`room-${n}`, `to ${n}`)
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
    for (const n of numbers(1, 200)) expect(it.outbox.enqueueMessage('lobby', `text ${n}`)).not.toBeNull()
    expect(it.outbox.enqueueMessage('lobby', 'one too many')).toBeNull()
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
    it.outbox.enqueueMessage('lobby', 'here')
    it.outbox.enqueueMessage('kitchen', 'there')
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

describe('the device', () => {
  test('[U47] fifty written offline survive a reload and leave once, in order', async () => {
    const before = await anOutbox()
    const texts = numbers(1, 50).map((n) => `text ${n}`)
    before.write(...texts)
    await eventually('stored', async () => (await before.stored()).length === 50)
    const after = await anOutbox({ storage: before.device, time: before.time })
    expect(after.queued.map(({ text }) => text)).toEqual(texts)
    after.connect()
    for (const n of numbers(1, 50)) {
      await after.leaves(n)
      after.ack()
    }
    expect(after.texts).toEqual(texts)
  })

  test('[U48] another person on this device sends nothing of mine, and it is there when I am back', async () => {
    const mine = await anOutbox()
    mine.write('secret')
    await eventually('stored', async () => (await mine.stored()).length === 1)
    const hers = await anOutbox({ storage: mine.device, user: eve.id })
    await hers.outbox.adopt(new Set())
    hers.connect()
    expect(hers.queued).toEqual([])
    await hers.outbox.start(ada.id)
    expect(hers.queued.map(({ text }) => text)).toEqual(['secret'])
  })

  test('[U48] a tab sends its own; what a dead one left is taken over once', async () => {
    const one = await anOutbox({ tab: 'tab-1' })
    one.write('left behind')
    await eventually('stored', async () => (await one.stored()).length === 1)
    const two = await anOutbox({ storage: one.device, tab: 'tab-2', time: one.time })
    await two.outbox.adopt(new Set(['tab-1', 'tab-2']))
    expect(two.queued).toEqual([])
    await two.outbox.adopt(new Set(['tab-2']))
    await two.outbox.adopt(new Set(['tab-2']))
    expect(two.queued.map(({ text }) => text)).toEqual(['left behind'])
    two.connect()
    await two.leaves(1)
    const again = await anOutbox({ storage: one.device, tab: 'tab-1' })
    expect(again.queued).toEqual([])
  })

  test('[U106] where nobody can tell which tabs live, what another waits with is left to it while it may still send it', async () => {
    const one = await anOutbox({ tab: 'tab-1' })
    one.write('I did not mean that', 'but this')
    await eventually('stored', async () => (await one.stored()).length === 2)
    const two = await anOutbox({ storage: one.device, tab: 'tab-2', time: one.time })
    two.connect()
    one.time.pass(59 * MINUTE)
    await two.outbox.adopt(new Set())
    expect(two.queued).toEqual([])
    const [first] = one.outbox.entries('lobby')
    one.outbox.drop(first?.nonce ?? '')
    one.connect()
    await one.leaves(1)
    expect([one.texts, two.texts]).toEqual([['but this'], []])
  })

  test('[U106] after that it is shown as not sent, and never sent by itself', async () => {
    const one = await anOutbox({ tab: 'tab-1' })
    one.write('left behind')
    one.outbox.enqueue('lobby', { kind: 'delete', target: 'id-1' })
    await eventually('stored', async () => (await one.stored()).length === 2)
    one.outbox.stop()
    one.time.pass(60 * MINUTE)
    const two = await anOutbox({ storage: one.device, tab: 'tab-2', time: one.time })
    two.connect()
    await two.outbox.adopt(new Set())
    expect(two.queued.map(({ text, failed }) => [text, failed])).toEqual([['left behind', 'late']])
    two.time.pass(MINUTE)
    expect(two.texts).toEqual([])
    expect(await one.stored()).toEqual(['left behind'])
    two.outbox.retry(two.queued[0]?.nonce ?? '')
    await two.leaves(1)
    expect(two.texts).toEqual(['left behind'])
  })

  test('[U8] signing out leaves no text of mine on the device', async () => {
    const it = await anOutbox()
    it.write('one')
    await it.outbox.saveDraft('lobby', 'half a thought', 3)
    await it.outbox.wipe()
    expect(await it.stored()).toEqual([])
    expect(await it.device.draft(ada.id, 'lobby')).toBeNull()
    expect(it.outbox.unsentCount).toBe(0)
  })

  test('[U34] a draft comes back with its caret, each room and person their own', async () => {
    const it = await anOutbox()
    await it.outbox.saveDraft('lobby', 'half a thought', 3)
    const later = await anOutbox({ storage: it.device })
    expect(await later.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 3 })
    expect(await later.outbox.draft('kitchen')).toBeNull()
    const hers = await anOutbox({ storage: it.device, user: eve.id })
    expect(await hers.outbox.draft('lobby')).toBeNull()
    await it.outbox.saveDraft('lobby', '', 0)
    expect(await later.outbox.draft('lobby')).toBeNull()
  })

  test('[U47] where the device refuses, messages are sent from memory, and leaving the page would lose them', async () => {
    const real = await aDevice()
    const full = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))
    const it = await anOutbox({ storage: { ...real, put: full } })
    it.write('one')
    await eventually('known', () => it.said.includes('forgetful'))
    await eventually('asks before leaving', () => it.said.includes('losing'))
    it.connect()
    await it.leaves(1)
    it.ack()
    expect(it.said.at(-1)).toBe('safe')
  })

  test('[U47, U34] a draft that the device refuses is said, and is there as long as the page is, until it is sent', async () => {
    const real = await aDevice()
    const full = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))
    const device: DeviceStorage = { ...real, saveDraft: full }
    const it = await anOutbox({ storage: device })
    await it.outbox.saveDraft('lobby', 'half a thought', 3)
    expect(it.said).toEqual(['forgetful'])
    expect(await it.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 3 })
    expect(await it.outbox.draftCount()).toBe(1)
    device.saveDraft = real.saveDraft
    await it.outbox.saveDraft('lobby', 'half a thought more', 3)
    const later = await anOutbox({ storage: real })
    expect(await later.outbox.draft('lobby')).toEqual({ text: 'half a thought more', caret: 3 })
    device.saveDraft = full
    await it.outbox.saveDraft('lobby', 'all of a thought', 3)
    const words = 'all of a thought'
    it.write(words)
    await eventually('the draft has become a message', async () => (await it.outbox.draft('lobby')) === null)
  })

  test('[T7] with a device that keeps, leaving the page is never asked about', async () => {
    const it = await anOutbox()
    it.write('one')
    it.connect()
    await it.leaves(1)
    expect(it.said).not.toContain('losing')
    const forgetful = await anOutbox({ storage: memoryStorage() })
    forgetful.write('one')
    await eventually('losing', () => forgetful.said.includes('losing'))
  })
})

describe('junk on the device', () => {
  const good = { nonce: 'nonce-of-hers', room: 'lobby', user: ada.id, kind: 'message', text: 'good' }
  const entry = { ...good, at: 5, order: 5, tab: 'tab-1' }
  const rows: [string, unknown][] = [
    ['nothing', null],
    ['a number', 5],
    ['a string', 'hello'],
    ['a list', [entry]],
    ['no text', { ...entry, text: undefined }],
    ['a text that is none', { ...entry, text: 5 }],
    ['a text longer than any', { ...entry, text: 'x'.repeat(4_001) }],
    ['a kind of a newer version', { ...entry, kind: 'poll' }],
    ['an edit of nothing', { ...entry, kind: 'edit' }],
    ['a nonce that is none', { ...entry, nonce: 'n' }],
    ['a room that is none', { ...entry, room: '../lobby' }],
    ['somebody else’s', { ...entry, user: eve.id }],
    ['no order', { ...entry, order: Number.NaN }],
    ['no time', { ...entry, at: 'yesterday' }],
    ['no tab', { ...entry, tab: 5 }],
    ['an emoji that is none', { ...entry, kind: 'react', target: 'id-1', emoji: {}, on: true }],
    ['a pin that is neither', { ...entry, kind: 'pin', target: 'id-1', on: 'yes' }],
  ]

  test('[S46] rows that are no entries and no drafts are as if they were not there', async () => {
    const name = `device ${(databases += 1)}`
    const device = await openStorage(name)
    await device.put({ ...entry, more: 'fields' } as never, false)
    await device.saveDraft(ada.id, 'kitchen', { text: 'half', caret: Number.NaN })
    const drafts = ['hello', 5, null, [], { caret: 3 }, { text: 7, caret: 3 }, { text: '', caret: 0 }]
    const opening = indexedDB.open(name)
    await new Promise((resolve) => (opening.onsuccess = resolve))
    const kept = opening.result.transaction('kept', 'readwrite').objectStore('kept')
    for (const [at, [, row]] of rows.entries()) kept.put(row, [ada.id, 'sent', `junk ${at}`])
    for (const [at, row] of drafts.entries()) kept.put(row, [ada.id, 'draft', `room-${at}`])
    await new Promise((resolve) => (kept.transaction.oncomplete = resolve))

    expect(await device.entries(ada.id)).toEqual([entry as never])
    for (const at of drafts.keys()) expect(await device.draft(ada.id, `room-${at}`)).toBeNull()
    expect(await device.draft(ada.id, 'kitchen')).toEqual({ text: 'half', caret: 4 })
    expect(await device.draftCount(ada.id)).toBe(1)
    const it = await anOutbox({ storage: device })
    expect(it.queued.map(({ text }) => text)).toEqual(['good'])
    await it.outbox.wipe()
    const left = opening.result.transaction('kept').objectStore('kept').count()
    await new Promise((resolve) => (left.onsuccess = resolve))
    expect(left.result).toBe(0)
  })
})

/** A server that stores by nonce, and answers. */
function aServer() {
  const log = new Map<string, string>()
  return {
    log,
    answer(frame: Extract<ClientFrame, { type: 'send' }>): ServerFrame {
      log.set(frame.nonce, frame.text)
      return { type: 'ack', nonce: frame.nonce, room: frame.room, seq: log.size, id: `id-${log.size}`, at: 0 }
    },
  }
}

/** A page that can be killed: from then on its device does nothing more, and nothing leaves it. */
function mortal(device: DeviceStorage) {
  const life = { ended: false }
  const never = new Promise<never>(() => {})
  const guard =
    <A extends unknown[], R>(does: (...all: A) => Promise<R>) =>
    (...all: A): Promise<R> =>
      life.ended ? never : does(...all)
  const storage: DeviceStorage = {
    isLasting: true,
    put: guard(device.put),
    remove: guard(device.remove),
    entries: guard(device.entries),
    draft: guard(device.draft),
    draftCount: guard(device.draftCount),
    saveDraft: guard(device.saveDraft),
    wipe: guard(device.wipe),
  }
  return { life, storage }
}

describe('killed between key and ack', () => {
  test.each(numbers(0, 24))(
    '[U34] after %d turns of the loop: the text is safe, and never twice',
    async (turns) => {
      const device = await aDevice()
      const server = aServer()
      const { life, storage } = mortal(device)
      const before = await anOutbox({ storage })
      await before.outbox.saveDraft('lobby', 'dear text', 9)
      before.connect()

      before.write('dear text')
      let answered = 0
      for (let turn = 0; turn < turns; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        // The server needs a few turns of its own to store, and a few for the answer.
        const frame = before.sent[answered]
        if (frame === undefined || turn % 3 !== 0) continue
        const answer = server.answer(frame)
        answered += 1
        if (turn % 2 === 0) before.outbox.receive(answer)
      }
      life.ended = true
      before.wire.open = false
      // What the dead page had begun on its device ends one way or the other before the next one reads.
      const after = await anOutbox({ storage: device, time: before.time })

      const draft = await after.outbox.draft('lobby')
      const waiting = after.queued.map(({ text }) => text)
      const safe = [...waiting, ...(draft === null ? [] : [draft.text]), ...server.log.values()]
      expect(safe).toContain('dear text')
      if (draft !== null) expect([...waiting, ...server.log.values()]).toEqual([])

      after.connect()
      for (const frame of after.sent) after.outbox.receive(server.answer(frame))
      expect([...server.log.values(), ...(draft === null ? [] : [draft.text])]).toEqual(['dear text'])
      expect(after.outbox.unsentCount).toBe(0)
    },
  )
})
