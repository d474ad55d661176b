import { describe, expect, test } from 'bun:test'
import { Outbox } from '../../../src/client/net/outbox.ts'
import { memoryStorage, type DeviceStorage } from '../../../src/client/net/storage.ts'
import { MAX_COPIED } from '../../../src/client/net/unconfirmedWrites.ts'
import type { OutboxEntry } from '../../../src/client/state/state.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { ada, eve, numbers } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

/** A `localStorage` of its own, which is full from so many units a value on. */
function aLocal(full = Number.POSITIVE_INFINITY) {
  const kept = new Map<string, string>()
  const local: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'> = {
    get length() {
      return kept.size
    },
    key: (at) => [...kept.keys()][at] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (value.length >= full) throw new DOMException('full', 'QuotaExceededError')
      kept.set(key, value)
    },
    removeItem: (key) => void kept.delete(key),
  }
  return { kept, local: local as Storage }
}

/** The device, as a page sees it that goes before anything is written. */
function unwritten(device: DeviceStorage) {
  const never = () => new Promise<never>(() => {})
  return { ...device, lasting: true, put: never, saveDraft: never }
}

/** The same, but what is written is there: the page only does not hear of it. */
function unconfirmed(device: DeviceStorage): DeviceStorage {
  const unheard = <A extends unknown[]>(does: (...all: A) => Promise<void>) => {
    return (...all: A) => does(...all).then(() => new Promise<never>(() => {}))
  }
  return { ...device, put: unheard(device.put), saveDraft: unheard(device.saveDraft) }
}

const time = fakeTime()
let nonces = 0

interface Given {
  device?: DeviceStorage
  local?: Storage
  tab?: string
  user?: string
}

async function aPage({
  device = memoryStorage(),
  local = aLocal().local,
  tab = 'tab-1',
  user = ada.id,
}: Given) {
  const sent: Extract<ClientFrame, { type: 'send' }>[] = []
  const queued: OutboxEntry[] = []
  const outbox = new Outbox(
    device,
    tab,
    { ...time, random: () => 1, nonce: () => `nonce-of-mine-${(nonces += 1)}` },
    {
      send: (frame) => frame.type !== 'send' || sent.push(frame) > 0,
      maySendTo: () => true,
      isConfirmed: () => true,
      queued: (entry) => queued.push(entry),
      statusChanged() {},
      dropped() {},
      ackOverdue() {},
      storageBlocked() {},
      unsavedChanged() {},
    },
    local,
  )
  await outbox.start(user)
  return { outbox, sent, queued, texts: () => queued.map(({ text }) => text) }
}

describe('a page that goes before the device has written', () => {
  test.each([
    ['nothing was written', unwritten],
    ['all was written, and nobody heard of it', unconfirmed],
  ])('[R21] %s: the next one has what was said and what was half said, once', async (_how, going) => {
    const device = memoryStorage()
    const { local, kept } = aLocal()
    const before = await aPage({ device: going(device), local })
    before.outbox.enqueue('lobby', { kind: 'message', text: 'one' })
    before.outbox.enqueue('lobby', { kind: 'message', text: 'two' })
    void before.outbox.saveDraft('lobby', 'half a thought', 4)
    before.outbox.pageMayClose()
    expect(before.sent).toEqual([])

    const after = await aPage({ device, local })
    expect(after.queued).toEqual(before.queued)
    expect(await after.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 4 })
    expect([...kept]).toEqual([])
    after.outbox.resend()
    expect(after.sent.map(({ text, nonce }) => [text, nonce])).toEqual([['one', before.queued[0]!.nonce]])
    const again = await aPage({ device, local })
    expect(again.texts()).toEqual(['one', 'two'])
  })

  test('[R21, U34] a draft that has become a message is none any more', async () => {
    const device = memoryStorage()
    const { local } = aLocal()
    await device.saveDraft(ada.id, 'lobby', { text: 'dear te', caret: 7 })
    await device.saveDraft(ada.id, 'kitchen', { text: 'something else', caret: 1 })
    const before = await aPage({ device: unwritten(device), local })
    void before.outbox.saveDraft('lobby', 'dear text', 9)
    before.outbox.enqueue('lobby', { kind: 'message', text: 'dear text' })
    before.outbox.enqueue('kitchen', { kind: 'message', text: 'dear text' })
    before.outbox.pageMayClose()
    const after = await aPage({ device, local })
    expect(after.texts()).toEqual(['dear text', 'dear text'])
    expect(await after.outbox.draft('lobby')).toBeNull()
    expect(await after.outbox.draft('kitchen')).toMatchObject({ text: 'something else' })
  })

  test('[R21] a page that stays after all leaves no copy, and what was cancelled does not come back', async () => {
    const device = memoryStorage()
    const { local, kept } = aLocal()
    let write = () => {}
    const held = new Promise<void>((resolve) => (write = resolve))
    const put: DeviceStorage['put'] = (...all) => held.then(() => device.put(...all))
    const page = await aPage({ device: { ...device, put }, local })
    const entry = page.outbox.enqueue('lobby', { kind: 'message', text: 'I did not mean that' })
    page.outbox.enqueue('lobby', { kind: 'message', text: 'but this' })
    page.outbox.pageMayClose()
    expect(String([...kept.values()])).toContain('I did not mean that')
    page.outbox.drop(entry?.nonce ?? '')
    expect(String([...kept.values()])).not.toContain('I did not mean that')
    write()
    await eventually('no copy', () => kept.size === 0)
  })

  test('[R21, U48] what a dead tab left is taken over by the one that looks after it, a live one keeps its own', async () => {
    const device = memoryStorage()
    const { local, kept } = aLocal()
    const dead = await aPage({ device: unwritten(device), local, tab: 'dead' })
    dead.outbox.enqueue('lobby', { kind: 'message', text: 'left behind' })
    void dead.outbox.saveDraft('lobby', 'half of it', 3)
    void dead.outbox.saveDraft('kitchen', 'older than what is there', 3)
    dead.outbox.pageMayClose()
    const live = await aPage({ device: unwritten(device), local, tab: 'live' })
    live.outbox.enqueue('lobby', { kind: 'message', text: 'of a live one' })
    live.outbox.pageMayClose()
    await device.saveDraft(ada.id, 'kitchen', { text: 'written since', caret: 0 })

    const hers = await aPage({ device, local, tab: 'tab-2', user: eve.id })
    await hers.outbox.adopt(new Set(['tab-2']))
    expect(hers.queued).toEqual([])
    const mine = await aPage({ device, local, tab: 'tab-3' })
    expect(mine.queued).toEqual([])
    await mine.outbox.adopt(new Set(['tab-3', 'live']))
    expect(mine.texts()).toEqual(['left behind'])
    expect(await mine.outbox.draft('lobby')).toMatchObject({ text: 'half of it' })
    expect(await mine.outbox.draft('kitchen')).toMatchObject({ text: 'written since' })
    expect([...kept.keys()]).toEqual([`unsent ${ada.id} live`])
  })

  test('[S47] who signs out leaves no copy, of whatever tab, and others’ copies stay', async () => {
    const device = memoryStorage()
    const { local, kept } = aLocal()
    for (const [tab, user] of [
      ['tab-1', ada.id],
      ['tab-2', ada.id],
      ['tab-3', eve.id],
    ] as const) {
      const page = await aPage({ device: unwritten(device), local, tab, user })
      page.outbox.enqueue('lobby', { kind: 'message', text: 'secret' })
      page.outbox.pageMayClose()
    }
    const page = await aPage({ device: unwritten(device), local, tab: 'tab-4' })
    page.outbox.enqueue('lobby', { kind: 'message', text: 'more' })
    void page.outbox.wipe()
    page.outbox.pageMayClose()
    expect([...kept.keys()]).toEqual([`unsent ${eve.id} tab-3`])
  })

  test('[S47] nothing of the one before is in the copy of the next', async () => {
    const { local, kept } = aLocal()
    const page = await aPage({ device: unwritten(memoryStorage()), local })
    page.outbox.enqueue('lobby', { kind: 'message', text: 'secret' })
    void page.outbox.saveDraft('lobby', 'secret', 0)
    await page.outbox.start(eve.id)
    page.outbox.enqueue('lobby', { kind: 'message', text: 'hers' })
    page.outbox.pageMayClose()
    expect([...kept.keys()]).toEqual([`unsent ${eve.id} tab-1`])
    expect(String([...kept.values()])).not.toContain('secret')
  })

  test('[R21] a copy has a limit: what fits is in it, and a device that refuses it breaks nothing', async () => {
    const { local, kept } = aLocal()
    const before = await aPage({ device: unwritten(memoryStorage()), local })
    void before.outbox.saveDraft('lobby', 'x'.repeat(MAX_COPIED), 0)
    for (const _ of numbers(1, 200))
      before.outbox.enqueue('lobby', { kind: 'message', text: 'y'.repeat(4_000) })
    void before.outbox.saveDraft('kitchen', 'short', 0)
    before.outbox.pageMayClose()
    expect([...kept.values()][0]!.length).toBeLessThan(MAX_COPIED + 1_000)
    const after = await aPage({ local })
    expect(after.queued.length).toBeGreaterThan(50)
    expect(after.queued).toEqual(before.queued.slice(0, after.queued.length))
    expect(await after.outbox.draft('kitchen')).toMatchObject({ text: 'short' })

    const full = await aPage({ device: unwritten(memoryStorage()), local: aLocal(100).local })
    full.outbox.enqueue('lobby', { kind: 'message', text: 'z'.repeat(100) })
    full.outbox.pageMayClose()
    const none = new Outbox(
      memoryStorage(),
      'tab-1',
      { ...time, random: () => 1, nonce: () => '' },
      {} as never,
    )
    none.pageMayClose()
  })

  test('[S46] a copy that is none is as if it were not there, and goes', async () => {
    const { local, kept } = aLocal()
    const junk = [
      '',
      'null',
      '5',
      '[]',
      '{"entries":5,"drafts":{}}',
      '{"entries":[null,"x",{}],"drafts":["x",null]}',
    ]
    for (const [at, text] of [...junk, 'x'.repeat(3 * MAX_COPIED)].entries())
      kept.set(`unsent ${ada.id} tab-${at}`, text)
    kept.set('unsent', 'of somebody else’s')
    const page = await aPage({ local })
    await page.outbox.adopt(new Set(['tab-1']))
    expect(page.queued).toEqual([])
    expect([...kept.keys()]).toEqual(['unsent'])
  })
})
