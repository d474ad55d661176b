import { describe, expect, test } from 'bun:test'
import { noStorage, openStorage, type DeviceStorage } from '../../../src/client/net/storage.ts'
import type { Durable } from '../../../src/shared/protocol.ts'
import { ada, eve, numbers } from '../../support/client/aState.ts'
import { aDevice, anOutbox } from '../../support/client/anOutbox.ts'
import { eventually } from '../../support/eventually.ts'

const MINUTE = 60_000
const full = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))

describe('the device', () => {
  test('[U47] fifty messages written offline survive a reload and are sent once, in order', async () => {
    const before = await anOutbox()
    const texts = numbers(1, 50).map((n) => `text ${n}`)
    before.write(...texts)
    await before.untilStored(50)
    const after = await anOutbox({ storage: before.device, time: before.time })
    expect(after.queuedTexts).toEqual(texts)
    after.connect()
    for (const n of numbers(1, 50)) {
      await after.untilSent(n)
      after.ack()
    }
    expect(after.sentTexts).toEqual(texts)
  })

  test('[U48] another person on this device sends none of my messages, and they are there when I am back', async () => {
    const adasPage = await anOutbox()
    adasPage.write('secret')
    await adasPage.untilStored(1)
    const evesPage = await anOutbox({ storage: adasPage.device, user: eve.id })
    await evesPage.outbox.adopt(new Set())
    evesPage.connect()
    expect(evesPage.queued).toEqual([])
    await evesPage.outbox.start(ada.id)
    expect(evesPage.queuedTexts).toEqual(['secret'])
  })

  test('[U48] a tab sends its own messages; those of a closed tab are adopted once', async () => {
    const closed = await anOutbox({ tab: 'tab-1' })
    closed.write('left behind')
    await closed.untilStored(1)
    const open = await anOutbox({ storage: closed.device, tab: 'tab-2', time: closed.time })
    await open.outbox.adopt(new Set(['tab-1', 'tab-2']))
    expect(open.queued).toEqual([])
    await open.outbox.adopt(new Set(['tab-2']))
    await open.outbox.adopt(new Set(['tab-2']))
    expect(open.queuedTexts).toEqual(['left behind'])
    open.connect()
    await open.untilSent(1)
    const reopened = await anOutbox({ storage: closed.device, tab: 'tab-1' })
    expect(reopened.queued).toEqual([])
  })

  test('[U106] without locks a tab leaves messages alone that another tab may still send', async () => {
    const first = await anOutbox({ tab: 'tab-1' })
    first.write('I did not mean that', 'but this')
    await first.untilStored(2)
    const second = await anOutbox({ storage: first.device, tab: 'tab-2', time: first.time })
    second.connect()
    first.time.pass(59 * MINUTE)
    await second.outbox.adopt(new Set())
    expect(second.queued).toEqual([])
    first.outbox.drop(first.queued[0]!.nonce)
    first.connect()
    await first.untilSent(1)
    expect([first.sentTexts, second.sentTexts]).toEqual([['but this'], []])
  })

  test('[U106] without locks a closed tab’s message is shown as not sent after 60 minutes, and sent only on Retry', async () => {
    const first = await anOutbox({ tab: 'tab-1' })
    first.write('left behind')
    first.outbox.enqueue('lobby', { kind: 'delete', target: 'id-1' })
    await first.untilStored(2)
    first.outbox.stop()
    first.time.pass(60 * MINUTE)
    const second = await anOutbox({ storage: first.device, tab: 'tab-2', time: first.time })
    second.connect()
    await second.outbox.adopt(new Set())
    expect(second.queued).toMatchObject([{ text: 'left behind', failed: 'late' }])
    second.time.pass(MINUTE)
    expect(second.sent).toEqual([])
    expect(await first.stored()).toEqual(['left behind'])
    second.outbox.retry(second.queued[0]!.nonce)
    await second.untilSent(1)
    expect(second.sentTexts).toEqual(['left behind'])
  })

  test('[U8] signing out leaves none of my text on the device', async () => {
    const page = await anOutbox()
    page.write('one')
    await page.outbox.saveDraft('lobby', 'half a thought', 3)
    await page.outbox.wipe()
    expect(await page.stored()).toEqual([])
    expect(await page.device.draft(ada.id, 'lobby')).toBeNull()
    expect(page.outbox.unsentCount).toBe(0)
  })

  test('[U34] a draft comes back with its caret; each room and person have their own', async () => {
    const page = await anOutbox()
    await page.outbox.saveDraft('lobby', 'half a thought', 3)
    const later = await anOutbox({ storage: page.device })
    expect(await later.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 3 })
    expect(await later.outbox.draft('kitchen')).toBeNull()
    const evesPage = await anOutbox({ storage: page.device, user: eve.id })
    expect(await evesPage.outbox.draft('lobby')).toBeNull()
    await page.outbox.saveDraft('lobby', '', 0)
    expect(await later.outbox.draft('lobby')).toBeNull()
  })

  test('[U47, T7] only if the device refuses to store does leaving the page ask first; messages are sent from memory', async () => {
    const lasting = await anOutbox()
    lasting.write('one')
    lasting.connect()
    await lasting.untilSent(1)
    expect(lasting.reports).toEqual([])
    const page = await anOutbox({ storage: { ...(await aDevice()), put: full } })
    page.write('one')
    await eventually('both reports', () => page.reports.length === 2)
    expect(page.reports).toEqual(['storageBlocked', 'unsaved'])
    page.connect()
    await page.untilSent(1)
    page.ack()
    expect(page.reports.at(-1)).toBe('saved')
    const inMemory = await anOutbox({ storage: noStorage() })
    inMemory.write('one')
    await eventually('a report', () => inMemory.reports.includes('unsaved'))
  })

  test('[U185] counts as refused if it does not answer', async () => {
    const { open } = indexedDB
    indexedDB.open = () => ({}) as IDBOpenDBRequest
    try {
      await expect(openStorage('hanging device', 20)).rejects.toThrow('no answer')
    } finally {
      indexedDB.open = open
    }
  })

  test('[U47, U34] a draft that the device refuses is kept in memory until it is sent, and that is reported', async () => {
    const device = await aDevice()
    const storage: DeviceStorage = { ...device, saveDraft: full }
    const page = await anOutbox({ storage })
    await page.outbox.saveDraft('lobby', 'half a thought', 3)
    expect(page.reports).toEqual(['storageBlocked'])
    expect(await page.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 3 })
    expect(await page.outbox.draftRooms()).toEqual(['lobby'])
    storage.saveDraft = device.saveDraft
    await page.outbox.saveDraft('lobby', 'half a thought more', 3)
    expect(await device.draft(ada.id, 'lobby')).toEqual({ text: 'half a thought more', caret: 3 })
    storage.saveDraft = full
    await page.outbox.saveDraft('lobby', 'all of a thought', 3)
    page.write('all of a thought')
    await eventually('no draft', async () => (await page.outbox.draft('lobby')) === null)
  })
})

test('[S46] stored rows that are neither entries nor drafts are ignored, and wiped with the rest', async () => {
  const content = { nonce: 'nonce-of-hers', room: 'lobby', user: ada.id, kind: 'message', text: 'good' }
  const entry = { ...content, at: 5, order: 5, tab: 'tab-1' }
  const junk: unknown[] = [
    ...[null, 5, 'hello', [entry]],
    ...[undefined, 5, 'x'.repeat(4_001)].map((text) => ({ ...entry, text })),
    ...['poll', 'edit'].map((kind) => ({ ...entry, kind })),
    ...[
      { nonce: 'n' },
      { room: '../lobby' },
      { user: eve.id },
      { order: Number.NaN },
      { at: 'yesterday' },
    ].map((field) => ({ ...entry, ...field })),
    { ...entry, tab: 5 },
    { ...entry, kind: 'react', target: 'id-1', emoji: {}, on: true },
    { ...entry, kind: 'pin', target: 'id-1', on: 'yes' },
  ]
  const junkDrafts = ['hello', 5, null, [], { caret: 3 }, { text: 7, caret: 3 }, { text: '', caret: 0 }]
  const device = await openStorage('device with junk')
  await device.put({ ...entry, more: 'fields' } as never, false)
  await device.saveDraft(ada.id, 'kitchen', { text: 'half', caret: Number.NaN })
  const opening = indexedDB.open('device with junk')
  await new Promise((resolve) => (opening.onsuccess = resolve))
  const rows = opening.result.transaction('kept', 'readwrite').objectStore('kept')
  for (const [at, row] of junk.entries()) rows.put(row, [ada.id, 'sent', `junk ${at}`])
  for (const [at, row] of junkDrafts.entries()) rows.put(row, [ada.id, 'draft', `room-${at}`])
  await new Promise((resolve) => (rows.transaction.oncomplete = resolve))

  expect(await device.entries(ada.id)).toEqual([entry as never])
  for (const at of junkDrafts.keys()) expect(await device.draft(ada.id, `room-${at}`)).toBeNull()
  expect(await device.draft(ada.id, 'kitchen')).toEqual({ text: 'half', caret: 4 })
  expect(await device.draftRooms(ada.id)).toEqual(['kitchen'])
  const page = await anOutbox({ storage: device })
  expect(page.queuedTexts).toEqual(['good'])
  await page.outbox.wipe()
  const count = opening.result.transaction('kept').objectStore('kept').count()
  await new Promise((resolve) => (count.onsuccess = resolve))
  expect(count.result).toBe(0)
})

/** A page that can be killed: from then on its device does nothing more. */
function mortal(device: DeviceStorage) {
  const life = { isOver: false }
  const guarded = Object.entries(device).map(([name, method]) => [
    name,
    typeof method === 'function'
      ? (...args: unknown[]) =>
          life.isOver ? new Promise(() => {}) : (method as (...all: unknown[]) => unknown)(...args)
      : method,
  ])
  return { life, storage: Object.fromEntries(guarded) as unknown as DeviceStorage }
}

test.each(numbers(0, 24))(
  '[U34] a page killed %d turns of the loop after Enter loses no text and doubles none',
  async (turns) => {
    const device = await aDevice()
    const log = new Map<string, string>()
    const store = (frame: Durable) => {
      if (frame.type === 'send') log.set(frame.nonce, frame.text)
    }
    const { life, storage } = mortal(device)
    const before = await anOutbox({ storage })
    await before.outbox.saveDraft('lobby', 'dear text', 9)
    before.connect()

    before.write('dear text')
    let answered = 0
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      // The server needs some turns to store, and some for the answer.
      const frame = before.sent[answered]
      if (frame === undefined || turn % 3 !== 0) continue
      store(frame)
      answered += 1
      if (turn % 2 === 0) before.ack(frame)
    }
    life.isOver = true
    before.connection.isOpen = false
    // IndexedDB ends the writes of the dead page, one way or the other, before the next page reads.
    const after = await anOutbox({ storage: device, time: before.time })

    const draft = await after.outbox.draft('lobby')
    const drafts = draft === null ? [] : [draft.text]
    expect([...after.queuedTexts, ...drafts, ...log.values()]).toContain('dear text')
    if (draft !== null) expect([...after.queuedTexts, ...log.values()]).toEqual([])
    after.connect()
    for (const frame of after.sent) {
      store(frame)
      after.ack(frame)
    }
    expect([...log.values(), ...drafts]).toEqual(['dear text'])
    expect(after.outbox.unsentCount).toBe(0)
  },
)
