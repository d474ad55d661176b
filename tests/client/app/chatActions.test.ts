import { describe, expect, test } from 'bun:test'
import type { ChatActions } from '../../../src/client/app/actions/actions.ts'
import { createSessionActions } from '../../../src/client/app/actions/sessionActions.ts'
import { createApi } from '../../../src/client/net/api.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { unreadCountOf } from '../../../src/client/state/unreadCounts.ts'
import { numbers } from '../../support/client/aState.ts'
import { aBrowser } from '../../support/server/aClient.ts'
import { clientPages, goOffline, type Client } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage, aGuest, anotherPage, aScene } = await clientPages()

const unreadIn = ({ store }: Client, room: string) => unreadCountOf(store.get(), room).unread

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
  test('[U75] marking all rooms read is sent only once it can no longer be undone, and then reaches my other device', async () => {
    const { ada, bob, room } = await aScene()
    for (const text of ['one', 'two', 'three']) bob.actions.send(room, text)
    const device = await anotherPage({ ...aBrowser(), cookie: ada.browser.cookie }, room)
    await eventually('both count', () => unreadIn(ada, room) === 3 && unreadIn(device, room) === 3)
    const readsSent = () => ada.sent.filter(({ type }) => type === 'read').length

    ada.actions.markAllRead()
    await eventually('all is read', () => unreadIn(ada, room) === 0)
    ada.actions.undoMarkAllRead()
    expect(unreadIn(ada, room)).toBe(3)
    await eventually('the server has counted', () => {
      const { needsRecount, sync } = ada.room(room)
      return !needsRecount && sync.state === 'live'
    })
    expect([unreadIn(ada, room), unreadIn(device, room), readsSent()]).toEqual([3, 3, 0])

    ada.actions.markAllRead()
    ada.actions.flushTimers()
    await eventually('the other device knows', () => {
      app.pass(1_000)
      return unreadIn(device, room) === 0
    })
    expect([unreadIn(ada, room), readsSent()]).toEqual([0, 1])
  })

  test('[U74] messages count in a room of mine that this page has not opened, until I leave it', async () => {
    const { ada, bob, room } = await aScene()
    bob.end()
    const again = await anotherPage(bob.browser, 'lobby')
    await again.actions.loadRooms()
    await again.isLive(room)
    ada.actions.send(room, 'anybody here?')
    await eventually('it counts', () => unreadIn(again, room) === 1)
    again.actions.leaveRoom(room)
    expect(again.store.get().roomList.find((entry) => entry.room === room)?.joined).toBe(false)
    await again.actions.loadRooms()
    expect(again.store.get().rooms[room]).toBeUndefined()
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
    const world = { after: () => () => {}, device: null }
    const session = createSessionActions(createStore(), api, { tell() {} }, world, () =>
      Promise.reject(new TypeError('not here')),
    )
    expect(session.loadedChat()).toBeNull()
    await expect(session.loadChat()).rejects.toThrow('not here')
    expect([await session.unsentCount(), await session.draftCount()]).toEqual([0, 0])
  })

  test('[U107] nothing is sent for a person who is signed out', async () => {
    const page = await aGuest()
    await page.actions.signedInAs(null)
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
