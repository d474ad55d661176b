import { describe, expect, test } from 'bun:test'
import type { ChatActions } from '../../../src/client/app/actions/actions.ts'
import { createSessionActions } from '../../../src/client/app/actions/sessionActions.ts'
import { createApi } from '../../../src/client/net/api.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { rowById } from '../../../src/client/state/rows.ts'
import type { Row } from '../../../src/client/state/state.ts'
import { unreadCountOf } from '../../../src/client/state/unreadCounts.ts'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
import { numbers } from '../../support/client/aState.ts'
import { aBrowser } from '../../support/server/aClient.ts'
import { clientPages, goOffline, type Client } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage, aGuest, anotherPage, aScene } = await clientPages()

const unreadIn = ({ store }: Client, room: string) => unreadCountOf(store.get(), room).unread

/** The row of a message as it is drawn. */
function drawn(client: Client, room: string, seq: number): Row | undefined {
  const item = timelineItems()(client.room(room)).find(
    (candidate) => candidate.kind === 'message' && candidate.row.seq === seq,
  )
  return item?.kind === 'message' ? item.row : undefined
}

async function sendStored(client: Client, room: string, text: string): Promise<{ id: string; seq: number }> {
  client.actions.send(room, text)
  const { id, seq } = await eventually(`${text} is stored`, () =>
    client.room(room).rows.find((row) => row.text === text && row.id !== null),
  )
  return { id: id ?? '', seq: seq ?? 0 }
}

const hasNothingUnsent = (client: Client) =>
  eventually('nothing waits', () => client.sync.outbox.unsentCount === 0)

describe('drafts', () => {
  test('[U34] a draft is stored shortly after the last change, and deleted with its message', async () => {
    const { ada, room } = await aScene()
    for (const length of numbers(1, 10))
      ada.actions.saveDraft(room, 'half a thought'.slice(0, length), length)
    expect(await ada.actions.draft(room)).toEqual({ text: 'half a tho', caret: 10 })
    await eventually('stored', async () => (await ada.sync.outbox.draft(room))?.text === 'half a tho')
    ada.actions.saveDraft(room, 'half a thought', 14)
    ada.actions.send(room, 'half a thought')
    await ada.shows(['half a thought'], room)
    expect(await ada.actions.draft(room)).toEqual({ text: '', caret: 0 })
  })

  test('[U34] steady typing is stored, too', async () => {
    const { ada, room } = await aScene()
    let length = 0
    await eventually('stored while typing', async () => {
      ada.actions.saveDraft(room, 'x'.repeat((length += 1)), length)
      return (await ada.sync.outbox.draft(room)) !== null
    })
  })

  test('[U235] the state knows at once in which rooms I have a draft, and tells my other tabs; blanks are none', async () => {
    const { ada, room } = await aScene()
    const known = () => Object.keys(ada.store.get().drafts)
    ada.actions.saveDraft('lobby', ' \n', 2)
    for (const length of [1, 2]) ada.actions.saveDraft(room, 'no'.slice(0, length), length)
    expect(known()).toEqual([room])
    expect(await ada.actions.unsent()).toEqual({ messages: 0, drafts: 1 })
    ada.actions.send(room, 'no')
    expect(known()).toEqual([])
    expect(ada.told.filter(({ type }) => type === 'draft')).toEqual([
      { type: 'draft', room, has: true },
      { type: 'draft', room, has: false },
    ])
  })

  test('[U235] after a reload the state knows them again, and after a sign-out none', async () => {
    const before = await aGuest()
    before.actions.saveDraft('constructor', 'half a thought', 14)
    await before.actions.unsent()
    before.end()
    const again = aPage(before.browser)
    await again.actions.restoreSession()
    const known = () => Object.keys(again.store.get().drafts)
    await eventually('known', () => known().join() === 'constructor')
    await again.actions.signOut()
    expect(known()).toEqual([])
  })

  test('[U34] a screen that appears as the session is restored gets its draft', async () => {
    const before = await aGuest()
    before.actions.saveDraft('lobby', 'half a thought', 14)
    await eventually('stored', async () => (await before.sync.outbox.draft('lobby')) !== null)
    before.end()

    const again = aPage(before.browser)
    let draft: Promise<{ text: string; caret: number }> | undefined
    again.store.watch(
      ({ self }) => self,
      (self) => {
        if (self !== 'unknown') draft = again.actions.draft('lobby')
      },
      new AbortController().signal,
    )
    await again.actions.restoreSession()
    expect(await draft).toEqual({ text: 'half a thought', caret: 14 })
  })
})

describe('rooms and reading', () => {
  test('[U75] marking all rooms read reaches my other device', async () => {
    const { ada, bob, room } = await aScene()
    for (const text of ['one', 'two', 'three']) bob.actions.send(room, text)
    const device = await anotherPage({ ...aBrowser(), cookie: ada.browser.cookie }, room)
    await eventually('both count', () => unreadIn(ada, room) === 3 && unreadIn(device, room) === 3)
    ada.actions.markAllRead()
    ada.actions.flushTimers()
    await eventually('the other device knows', () => {
      app.pass(1_000)
      return unreadIn(device, room) === 0
    })
    expect(ada.sent.filter(({ type }) => type === 'read')).toHaveLength(1)
  })

  test('[U74] a room that is newer than my list is added to it', async () => {
    const { ada, bob, room: first } = await aScene()
    await bob.actions.loadRooms()
    const made = await ada.actions.makeRoom(`Later than ${first}`)
    if (made.result !== 'made') throw new Error('no room was made')
    bob.actions.openRoom(made.room)
    await eventually('listed', () =>
      bob.store.get().roomList.some(({ room, joined }) => room === made.room && joined),
    )
  })
})

describe('refusals say why', () => {
  const tryAll = (actions: ChatActions) => [
    actions.send('lobby', 'hello'),
    actions.edit('lobby', 'id-1', 'hello'),
    actions.remove('lobby', 'id-1'),
    actions.react('lobby', 'id-1', '👍', true),
    actions.pin('lobby', 'id-1', true),
  ]

  test('[U107] a chat that does not load rejects, and counts nothing unsent', async () => {
    const api = createApi(() => Promise.reject(new TypeError('no network')))
    const world = { after: () => () => {}, device: null, keepsCookies: () => true }
    const session = createSessionActions(createStore(reduce), api, { tell() {} }, world, () =>
      Promise.reject(new TypeError('not here')),
    )
    expect(session.loadedChat()).toBeNull()
    await expect(session.loadChat()).rejects.toThrow('not here')
    expect(await session.unsent()).toEqual({ messages: 0, drafts: 0 })
  })

  test('[U107] nothing is sent for a person who is signed out', async () => {
    const page = await aGuest()
    await page.actions.adoptSelf(null)
    for (const result of tryAll(page.actions)) expect(result).toContain('signed out')
  })

  test('[U107] nothing more is taken, and nothing retried, while 200 messages wait', async () => {
    const page = await aGuest()
    page.faults.swallow = () => true
    await goOffline(page)
    expect(page.actions.send('lobby', 'the first')).toBe(true)
    const { key = '', nonce = '' } = page.room().rows.at(-1) ?? {}
    page.sync.outbox.receive({ type: 'error', nonce, code: 'forbidden', message: '', retry: false })
    for (const n of numbers(1, 200)) expect(page.actions.send('lobby', `text ${n}`)).toBe(true)
    for (const result of [...tryAll(page.actions), page.actions.retry('lobby', key)])
      expect(result).toContain('200 messages')
    page.actions.drop('lobby', page.room().rows.at(-1)?.key ?? '')
    expect(page.actions.retry('lobby', key)).toBe(true)
  })

  test('[U107, U35] a blank or too long text is not sent, and nothing is cut', async () => {
    const { actions, sent } = await aGuest()
    for (const text of ['', ' \n ']) expect(actions.send('lobby', text)).toContain('nothing')
    expect(actions.edit('lobby', 'id-1', '')).toContain('nothing')
    expect(actions.send('lobby', 'x'.repeat(4_001))).toContain('too long')
    expect(sent.filter(({ type }) => type === 'send')).toEqual([])
  })
})

describe('changes to messages', () => {
  test('[U24, U25, M70] edits, reactions, pins and deletions of one person reach the other', async () => {
    const { ada, bob, room } = await aScene()
    const { id, seq } = await sendStored(ada, room, 'hello')
    await bob.shows(['hello'], room)
    ada.actions.edit(room, id, 'hello all')
    bob.actions.react(room, id, '👍', true)
    ada.actions.react(room, id, '👍', true)
    ada.actions.pin(room, id, true)
    for (const client of [ada, bob]) {
      const row = () => client.room(room).rows.find((candidate) => candidate.seq === seq)
      await eventually('all of it is here', () => row()?.pinned && row()?.reactions[0]?.count === 2)
      expect(row()).toMatchObject({
        text: 'hello all',
        edited: expect.any(Number),
        reactions: [{ mine: true }],
      })
      await eventually('all is confirmed', () => client.room(room).pendingChanges.length === 0)
    }
    ada.actions.remove(room, id)
    await bob.shows(['gone'], room)
    await hasNothingUnsent(ada)
  })

  test('[M72, U52, U47] changes of two people, one of them offline and then reloaded, end in the same rows for both', async () => {
    const { ada, bob, room } = await aScene()
    const { id: one } = await sendStored(ada, room, 'one')
    const { id: two } = await sendStored(ada, room, 'two')
    const { id: three } = await sendStored(bob, room, 'three')
    await goOffline(bob)
    ada.actions.edit(room, one, 'one, better')
    ada.actions.remove(room, two)
    ada.actions.react(room, three, '🎉', true)
    bob.actions.react(room, one, '👍', true)
    bob.actions.edit(room, three, 'three, better')
    bob.actions.react(room, two, '👍', true)
    await eventually('Ada’s are confirmed', () => ada.room(room).pendingChanges.length === 0)
    bob.end()
    const again = await anotherPage(bob.browser, room)
    const drawnBy = (client: Client) =>
      client
        .room(room)
        .rows.map(({ text, reactions }) =>
          [text ?? 'gone', ...reactions.map(({ emoji, count }) => `${emoji}${count}`)].join(' '),
        )
    const wanted = ['one, better 👍1', 'gone', 'three, better 🎉1']
    for (const client of [ada, again])
      await eventually('the same rows', () => drawnBy(client).join() === wanted.join())
    await eventually('nothing waits', () =>
      again.room(room).pendingChanges.every(({ sendStatus }) => sendStatus.status === 'failed'),
    )
  })

  test('[U24, M75] an edit of a message deleted a moment ago fails with the reason, and its text is kept', async () => {
    const { ada, bob, room } = await aScene()
    const { id, seq } = await sendStored(bob, room, 'mine')
    const tab = await anotherPage(bob.browser, room)
    bob.faults.swallow = (frame) => frame.type === 'event'
    tab.actions.remove(room, id)
    await ada.shows(['gone'], room)
    expect(bob.actions.edit(room, id, 'mine, better')).toBe(true)
    const change = () => bob.room(room).pendingChanges[0]
    await eventually('refused', () => change()?.sendStatus.status === 'failed')
    expect(change()).toMatchObject({ entry: { text: 'mine, better' }, sendStatus: { reason: 'gone' } })
    expect(bob.sync.outbox.unsentCount).toBe(1)
    bob.faults.swallow = () => false
    bob.lose()
    await eventually('gone here too', () => drawn(bob, room, seq)?.text === null)
    expect(drawn(bob, room, seq)?.pendingChanges).toMatchObject([{ entry: { text: 'mine, better' } }])
    bob.actions.drop(room, change()?.key ?? '')
    await hasNothingUnsent(bob)
  })

  test('[C67, M75] a reaction to a message that retention has deleted meanwhile leaves nothing unsent', async () => {
    const { ada, bob, room } = await aScene(5)
    const { id = '' } = bob.room(room).rows[2] ?? {}
    await goOffline(bob)
    bob.actions.react(room, id ?? '', '👍', true)
    await eventually('it waits', () => bob.sync.outbox.unsentCount === 1)
    bob.end()
    expect(await app.store.purge(1_000, 100)).toBe(5)
    const last = await sendStored(ada, room, 'after that')
    const again = await anotherPage(bob.browser, room)
    await hasNothingUnsent(again)
    await again.shows(['after that'], room)
    expect(again.room(room).rows.map(({ seq }) => seq)).toEqual([last.seq])
  })
})

describe('a long room', () => {
  test('[U27, U23] a jump goes far back, loads in both directions up to the live end, and returns', async () => {
    const { ada, bob, room } = await aScene(400)
    expect(await bob.actions.jumpTo(room, 1_000)).toBe(false)
    expect(bob.room(room).historyWindow).toBeNull()
    expect(await bob.actions.jumpTo(room, 100)).toBe(true)
    const seqs = () => bob.room(room).historyWindow?.rows.map(({ seq }) => seq) ?? []
    expect(seqs()).toEqual(numbers(75, 124))
    bob.actions.loadOlder(room)
    await eventually('older', () => seqs()[0] === 25)
    bob.actions.leaveHistory(room)
    expect(bob.room(room).historyWindow).toBeNull()
    expect(await bob.actions.jumpTo(room, 300)).toBe(true)
    ada.actions.send(room, 'meanwhile')
    for (let n = 0; n < 6 && bob.room(room).historyWindow !== null; n += 1) {
      bob.actions.loadNewer(room)
      await eventually('newer', () => bob.room(room).historyWindow?.newer !== 'loading')
    }
    await eventually('at the end', () => bob.room(room).rows.at(-1)?.text === 'meanwhile')
    expect(bob.room(room).rows.map(({ seq }) => seq)).toEqual(numbers(275, 401))
    expect(await bob.actions.jumpTo(room, 299)).toBe(true)
    expect(bob.room(room).historyWindow).toBeNull()
  })

  test('[C83, U23] quotes and pins are each fetched with one request', async () => {
    const { ada, bob, room } = await aScene(120)
    const page = await app.store.history(room, { at: 'around', seq: 3, limit: 3 })
    const ids = page?.messages.map(({ id }) => id) ?? []
    for (const wanted of [[...ids, 'ffff'], ids]) bob.actions.loadQuotes(room, wanted)
    await eventually('quotes', () => bob.room(room).quotes.length === ids.length + 1)
    bob.actions.loadQuotes(room, [...ids, 'ffff'])
    expect(bob.requests.filter((path) => path.includes('ids='))).toHaveLength(1)
    expect(rowById(bob.room(room), 'ffff')).toMatchObject({ text: null })
    ada.actions.pin(room, ids[0] ?? '', true)
    await eventually('pinned', () => rowById(bob.room(room), ids[0] ?? '')?.pinned === true)
    for (const _ of [1, 2]) bob.actions.loadPins(room)
    await eventually('pins', () => bob.room(room).pins?.length === 1)
    expect(bob.requests.filter((path) => path.includes('pinned='))).toHaveLength(1)
  })
})
