import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createLeaveActions } from '../../../src/client/app/actions/leaveActions.ts'
import { ada, counts, eve, firstPage, listed, said, you } from '../../support/client/aState.ts'
import { aWebStorage } from '../../support/client/fakeStorage.ts'
import { atFakeServer } from '../../support/client/fakeServer.ts'

const SECOND = 1_000

/** Ada is in the lobby, in Design, which she owns, and in the attic. Design is on screen. */
async function inDesign() {
  const page = (await atFakeServer()).live()
  const actions = createLeaveActions(page.store, page.sync, page.time.after)
  const roomList = ['lobby', 'design', 'attic'].map((room) => listed(room))
  page.store.dispatch({ type: 'roomListChanged', roomList })
  for (const room of ['lobby', 'attic']) page.hear(counts(1, { room, ref: page.refOf(room), you }))
  actions.openRoom('design')
  page.hear(
    firstPage([said(1)], { room: 'design', ref: page.refOf('design'), you: { ...you, role: 'owner' } }),
  )
  const left = () => page.wire.all('leave').map(({ room }) => room)
  const mine = () => page.store.get().roomList.flatMap(({ room, joined }) => (joined ? room : []))
  return { page, actions, left, mine }
}

describe('leaving a room', () => {
  test('[U192] shows here at once, and the server is told ten seconds later', async () => {
    const { page, actions, left, mine } = await inDesign()
    actions.leaveRoom('design')
    expect(mine()).toEqual(['lobby', 'attic'])
    expect(page.store.get().left).toEqual({ room: 'design', name: 'design', wasOwner: true, sent: false })
    page.time.pass(10 * SECOND - 1)
    expect(left()).toEqual([])
    page.time.pass(1)
    expect(left()).toEqual(['design'])
    expect(page.store.get().left?.sent).toBe(true)
  })

  test('[U192] is undone by opening the room: the server hears nothing of it', async () => {
    const { page, actions, left, mine } = await inDesign()
    actions.leaveRoom('design')
    page.time.pass(9 * SECOND)
    actions.openRoom('design')
    page.hear(
      firstPage([said(1)], { room: 'design', ref: page.refOf('design'), you: { ...you, role: 'owner' } }),
    )
    page.time.pass(20 * SECOND)
    expect(left()).toEqual([])
    expect(page.store.get().left).toBe(null)
    expect(mine()).toContain('design')
    expect(page.stateOf('design')).toBe('live')
    expect(page.store.get().rooms['design']?.you?.role).toBe('owner')
  })

  test('[U192] ends the wait of the leave before, and of the last one when the page is closed', async () => {
    const { page, actions, left } = await inDesign()
    actions.leaveRoom('design')
    actions.leaveRoom('attic')
    expect(left()).toEqual(['design'])
    expect(page.store.get().left).toMatchObject({ room: 'attic', sent: false })
    actions.tellLeave()
    expect(left()).toEqual(['design', 'attic'])
  })

  test('[U192] without a connection is sent once there is one; until then no answer brings the room back', async () => {
    const { page, actions, left, mine } = await inDesign()
    actions.leaveRoom('design')
    page.wire.end(1006)
    page.time.pass(11 * SECOND)
    expect(left()).toEqual([])
    // Before a second attempt the client asks over HTTP whether its session still exists.
    await page.stored()
    page.live()
    page.time.pass(SECOND)
    expect(left()).toEqual(['design'])
    page.hear(counts(1, { room: 'design', you }))
    expect(mine()).toEqual(['lobby', 'attic'])
  })
})

describe('a leave that the server does not know', () => {
  beforeEach(() => void Object.assign(globalThis, { window: { localStorage: aWebStorage().storage } }))
  afterEach(() => void Reflect.deleteProperty(globalThis, 'window'))

  /** Ada has left Design without a connection, and her page is closed. */
  async function closedOffline() {
    const { page, actions } = await inDesign()
    page.sync.restoreLeaves(ada.id)
    page.wire.end(1006)
    actions.leaveRoom('design')
    actions.tellLeave()
    page.end()
  }

  /** The next page on this device, of this person. */
  async function nextPage(user = ada.id) {
    const page = await atFakeServer()
    page.sync.restoreLeaves(user)
    const left = () => page.wire.all('leave').map(({ room }) => room)
    const live = () => {
      page.live()
      page.time.pass(2 * SECOND)
    }
    return { page, live, left }
  }

  test('[U333] is told by the next page, once', async () => {
    await closedOffline()
    const next = await nextPage()
    next.live()
    next.page.store.dispatch({ type: 'roomListChanged', roomList: [listed('design')] })
    expect(next.left()).toEqual(['design'])
    expect(next.page.store.get().rooms['design']).toBeUndefined()
    next.page.hear({ type: 'left', ref: next.page.wire.all('leave')[0]?.ref ?? '', room: 'design' })
    const later = await nextPage()
    later.live()
    expect(later.left()).toEqual([])
  })

  test('[U333] is not told once the room was opened again', async () => {
    await closedOffline()
    const again = await nextPage()
    again.page.sync.open('design')
    again.live()
    expect(again.left()).toEqual([])
    const later = await nextPage()
    later.live()
    expect(later.left()).toEqual([])
  })

  test('[U333] is told before Undo is over if the page goes, and not after Undo', async () => {
    const { page, actions } = await inDesign()
    page.sync.restoreLeaves(ada.id)
    actions.leaveRoom('design')
    actions.leaveRoom('attic')
    actions.openRoom('attic')
    page.end()
    const next = await nextPage()
    next.live()
    expect(next.left()).toEqual(['design'])
  })

  test('[U333] is not told by another tab while it can be undone', async () => {
    const { page, actions } = await inDesign()
    page.sync.restoreLeaves(ada.id)
    actions.leaveRoom('design')
    const other = await nextPage()
    other.live()
    expect(other.left()).toEqual([])
  })

  test('[U333] is not told for another person, in this page or the next', async () => {
    await closedOffline()
    const next = await nextPage(eve.id)
    next.live()
    expect(next.left()).toEqual([])

    const { page, actions, left } = await inDesign()
    page.wire.end(1006)
    actions.leaveRoom('attic')
    actions.tellLeave()
    page.sync.restoreLeaves(eve.id)
    await page.stored()
    page.time.pass(20 * SECOND)
    page.live()
    page.time.pass(2 * SECOND)
    expect(left()).toEqual([])
  })
})
