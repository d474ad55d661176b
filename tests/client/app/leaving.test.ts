import { describe, expect, test } from 'bun:test'
import { createLeaveActions } from '../../../src/client/app/actions/leaveActions.ts'
import { counts, firstPage, listed, said, you } from '../../support/client/aState.ts'
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
    const { page, actions, left } = await inDesign()
    actions.leaveRoom('design')
    page.time.pass(9 * SECOND)
    actions.openRoom('design')
    page.hear(
      firstPage([said(1)], { room: 'design', ref: page.refOf('design'), you: { ...you, role: 'owner' } }),
    )
    page.time.pass(20 * SECOND)
    expect(left()).toEqual([])
    expect(page.store.get().left).toBe(null)
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
