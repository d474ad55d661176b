import { expect, test } from 'bun:test'
import { MAX_COPIED } from '../../../src/client/net/outboxStorage.ts'
import type { DeviceStorage } from '../../../src/client/net/storage.ts'
import { ada, eve, numbers } from '../../support/client/aState.ts'
import { aWebStorage, memoryDevice } from '../../support/client/fakeStorage.ts'
import { anOutbox } from '../../support/client/anOutbox.ts'
import { eventually } from '../../support/eventually.ts'

const never = () => new Promise<never>(() => {})

/** The device of a page that goes before anything is written. */
const unwritten = (device: DeviceStorage): DeviceStorage => ({ ...device, put: never, saveDraft: never })

/** The device of a page that goes after everything is written, and before it is confirmed. */
const unconfirmed = (device: DeviceStorage): DeviceStorage => ({
  ...device,
  put: (...args) => device.put(...args).then(never),
  saveDraft: (...args) => device.saveDraft(...args).then(never),
})

const aPage = (local: Storage, storage = memoryDevice(), tab = 'tab-1', user = ada.id) =>
  anOutbox({ storage, local, tab, user })

test.each([
  ['nothing was written', unwritten],
  ['all was written and not confirmed', unconfirmed],
])('[R21] a page goes when %s: the next one has its messages and drafts once', async (_when, deviceOf) => {
  const device = memoryDevice()
  const { storage: local, items } = aWebStorage()
  const before = await aPage(local, deviceOf(device))
  before.connect().write('one', 'two')
  void before.outbox.saveDraft('lobby', 'half a thought', 4)
  before.outbox.pageMayClose()
  expect(before.sent).toEqual([])

  const after = await aPage(local, device)
  expect(after.queued).toEqual(before.queued)
  expect(await after.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 4 })
  expect([...items]).toEqual([])
  after.connect()
  expect(after.sent).toMatchObject([{ text: 'one', nonce: before.queued[0]!.nonce }])
  const later = await aPage(local, device)
  expect(later.queuedTexts).toEqual(['one', 'two'])
})

test('[R21, U34] a draft that has become a message is no longer a draft', async () => {
  const device = memoryDevice()
  const { storage: local } = aWebStorage()
  await device.saveDraft(ada.id, 'lobby', { text: 'dear te', caret: 7 })
  await device.saveDraft(ada.id, 'kitchen', { text: 'something else', caret: 1 })
  const before = await aPage(local, unwritten(device))
  void before.outbox.saveDraft('lobby', 'dear text', 9)
  for (const room of ['lobby', 'kitchen']) before.outbox.enqueue(room, { kind: 'message', text: 'dear text' })
  before.outbox.pageMayClose()
  const after = await aPage(local, device)
  expect(after.queuedTexts).toEqual(['dear text', 'dear text'])
  expect(await after.outbox.draft('lobby')).toBeNull()
  expect(await after.outbox.draft('kitchen')).toMatchObject({ text: 'something else' })
})

test('[R21] a page that stays leaves no copy, and a cancelled message does not come back', async () => {
  const device = memoryDevice()
  const { storage: local, items } = aWebStorage()
  const { promise: written, resolve: write } = Promise.withResolvers<void>()
  const put: DeviceStorage['put'] = (...args) => written.then(() => device.put(...args))
  const page = await aPage(local, { ...device, put })
  page.write('I did not mean that', 'but this')
  page.outbox.pageMayClose()
  expect(String([...items.values()])).toContain('I did not mean that')
  page.outbox.drop(page.queued[0]!.nonce)
  expect(String([...items.values()])).not.toContain('I did not mean that')
  write()
  await eventually('no copy', () => items.size === 0)
})

test('[R21, U48] the copy of a closed tab is adopted by one tab of the same person; an open tab keeps its own', async () => {
  const device = memoryDevice()
  const { storage: local, items } = aWebStorage()
  const closed = await aPage(local, unwritten(device), 'closed')
  closed.write('left behind')
  void closed.outbox.saveDraft('lobby', 'half of it', 3)
  void closed.outbox.saveDraft('kitchen', 'older than the stored draft', 3)
  closed.outbox.pageMayClose()
  const open = await aPage(local, unwritten(device), 'open')
  open.write('of an open tab')
  open.outbox.pageMayClose()
  await device.saveDraft(ada.id, 'kitchen', { text: 'written since', caret: 0 })

  const evesPage = await aPage(local, device, 'tab-2', eve.id)
  await evesPage.outbox.adopt(new Set(['tab-2']))
  expect(evesPage.queued).toEqual([])
  const adopter = await aPage(local, device, 'tab-3')
  expect(adopter.queued).toEqual([])
  await adopter.outbox.adopt(new Set(['tab-3', 'open']))
  expect(adopter.queuedTexts).toEqual(['left behind'])
  expect(await adopter.outbox.draft('lobby')).toMatchObject({ text: 'half of it' })
  expect(await adopter.outbox.draft('kitchen')).toMatchObject({ text: 'written since' })
  expect([...items.keys()]).toEqual([`unsent ${ada.id} open`])
})

test('[R21, U34] an adopted draft replaces no draft of this tab that the device has not confirmed', async () => {
  const { storage: local } = aWebStorage()
  const closed = await aPage(local, unwritten(memoryDevice()), 'closed')
  void closed.outbox.saveDraft('lobby', 'older', 5)
  closed.outbox.pageMayClose()
  const open = await aPage(local, unwritten(memoryDevice()), 'tab-2')
  void open.outbox.saveDraft('lobby', 'newer', 5)
  await open.outbox.adopt(new Set(['tab-2']))
  expect(await open.outbox.draft('lobby')).toMatchObject({ text: 'newer' })
})

test('[U8, S47] a sign-out while drafts are adopted leaves none of them', async () => {
  const device = memoryDevice()
  const { storage: local } = aWebStorage()
  const closed = await aPage(local, unwritten(device), 'closed')
  void closed.outbox.saveDraft('lobby', 'half a thought', 4)
  closed.outbox.pageMayClose()
  const open = await aPage(local, device, 'tab-2')
  const adopted = open.outbox.adopt(new Set(['tab-2']))
  await Promise.all([open.outbox.wipe(), adopted])
  expect(await device.draft(ada.id, 'lobby')).toBeNull()
})

test('[S47] signing out removes the copies of all my tabs and none of other people', async () => {
  const { storage: local, items } = aWebStorage()
  const aGoingPage = async (tab: string, user = ada.id) => {
    const page = await aPage(local, unwritten(memoryDevice()), tab, user)
    page.write('secret').outbox.pageMayClose()
    return page
  }
  for (const tab of ['tab-1', 'tab-2']) await aGoingPage(tab)
  await aGoingPage('tab-3', eve.id)
  const { outbox } = await aGoingPage('tab-4')
  void outbox.wipe()
  outbox.pageMayClose()
  expect([...items.keys()]).toEqual([`unsent ${eve.id} tab-3`])
})

test('[S47] the next person’s copy holds nothing of the previous one', async () => {
  const { storage: local, items } = aWebStorage()
  const page = await aPage(local, unwritten(memoryDevice()))
  page.write('secret')
  void page.outbox.saveDraft('lobby', 'secret', 0)
  await page.outbox.start(eve.id)
  page.write('hers').outbox.pageMayClose()
  expect([...items.keys()]).toEqual([`unsent ${eve.id} tab-1`])
  expect(String([...items.values()])).not.toContain('secret')
})

test('[R21] a copy holds as much as fits, and a localStorage that refuses it breaks nothing', async () => {
  const { storage: local, items } = aWebStorage()
  const before = await aPage(local, unwritten(memoryDevice()))
  void before.outbox.saveDraft('lobby', 'x'.repeat(MAX_COPIED), 0)
  before.write(...numbers(1, 200).map(() => 'y'.repeat(4_000)))
  void before.outbox.saveDraft('kitchen', 'short', 0)
  before.outbox.pageMayClose()
  expect([...items.values()][0]!.length).toBeLessThan(MAX_COPIED + 1_000)
  const after = await aPage(local)
  expect(after.queued.length).toBeGreaterThan(50)
  expect(after.queued).toEqual(before.queued.slice(0, after.queued.length))
  expect(await after.outbox.draft('kitchen')).toMatchObject({ text: 'short' })

  const full = await aPage(aWebStorage({}, 100).storage, unwritten(memoryDevice()))
  full.write('z'.repeat(100)).outbox.pageMayClose()
})

test('[S46] junk in place of a copy is ignored and removed', async () => {
  const { storage: local, items } = aWebStorage()
  const junk = [
    '',
    'null',
    '5',
    '[]',
    '{"writes":5}',
    '{"writes":[null,"x",{},{"nonce":5},{"text":"x","room":"../x"}]}',
    'x'.repeat(3 * MAX_COPIED),
  ]
  for (const [at, text] of junk.entries()) items.set(`unsent ${ada.id} tab-${at}`, text)
  items.set('unsent', 'not a copy')
  const page = await aPage(local)
  await page.outbox.adopt(new Set(['tab-1']))
  expect(page.queued).toEqual([])
  expect([...items.keys()]).toEqual(['unsent'])
})
