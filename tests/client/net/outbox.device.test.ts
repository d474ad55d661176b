import 'fake-indexeddb/auto'
import { describe, expect, test } from 'bun:test'
import { memoryStorage, openStorage, type DeviceStorage } from '../../../src/client/net/storage.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { ada, eve, numbers } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { aDevice, anOutbox } from '../../support/client/anOutbox.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

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
    const name = 'device with junk'
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
