import { describe, expect, test } from 'bun:test'
import { rowById } from '../../../src/client/state/rows.ts'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
import type { Row } from '../../../src/client/state/state.ts'
import { numbers } from '../../support/client/aState.ts'
import { aBrowser, type Browser } from '../../support/server/aClient.ts'
import { clientPages } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage } = await clientPages()
type Client = ReturnType<typeof aPage>
let names = 0

/** Ada and Bob in a room that Ada made, where so many things were said by somebody else. */
async function two(messages = 0) {
  const [one, other] = [aBrowser(), aBrowser()]
  const ada = await aPage(one).enter(`Ann ${(names += 1)}`)
  const bob = await aPage(other).enter(`Ben ${names}`)
  const made = await ada.actions.makeRoom(`Changes ${names}`)
  if (made.result !== 'made') throw new Error('no room was made')
  const { room } = made
  await app.store.commit(
    numbers(1, messages).map((n) => ({
      kind: 'message',
      room,
      id: `${room.length.toString(16)}${names}-${n.toString(16)}`.replace(/[^0-9a-f-]/g, ''),
      at: n,
      user: { id: 'somebody', name: 'Somebody' },
      nonce: `nonce-${names}-${String(n).padStart(6, '0')}`,
      text: `said ${n}`,
    })),
  )
  for (const person of [ada, bob]) {
    person.actions.openRoom(room)
    await person.isLive(room)
  }
  return { ada, bob, room, browser: other }
}

/** The same person's, in the room. */
async function anotherTab(browser: Browser, room: string) {
  const tab = aPage(browser)
  await tab.actions.restoreSession()
  tab.actions.openRoom(room)
  await tab.isLive(room)
  return tab
}

/** What is drawn of a message, by its first text or its place from the end. */
function drawn(client: Client, room: string, seq: number): Row | undefined {
  const item = timelineItems()(client.room(room)).find((one) => one.kind === 'message' && one.row.seq === seq)
  return item?.kind === 'message' ? item.row : undefined
}

async function saidBy(client: Client, room: string, text: string): Promise<{ id: string; seq: number }> {
  client.actions.send(room, text)
  const found = () => client.room(room).rows.find((row) => row.text === text && row.id !== null)
  await eventually(`${text} is stored`, () => found() !== undefined)
  const { id, seq } = found() ?? {}
  return { id: id ?? '', seq: seq ?? 0 }
}

describe('two people', () => {
  test('[U24, U25, M70] see edits, emoji and pins of each other, and that a message is deleted', async () => {
    const { ada, bob, room } = await two()
    const { id, seq } = await saidBy(ada, room, 'hello')
    await bob.shows(['hello'], room)
    ada.actions.edit(room, id, 'hello all')
    bob.actions.react(room, id, '👍', true)
    ada.actions.react(room, id, '👍', true)
    ada.actions.pin(room, id, true)
    for (const one of [ada, bob]) {
      const row = () => one.room(room).rows.find((it) => it.seq === seq)
      await eventually('all of it is here', () => row()?.pinned === true && row()?.reactions[0]?.count === 2)
      expect(row()).toMatchObject({
        text: 'hello all',
        edited: expect.any(Number),
        reactions: [{ mine: true }],
      })
      await eventually('all is confirmed', () => one.room(room).pendingChanges.length === 0)
    }
    ada.actions.remove(room, id)
    await bob.shows(['gone'], room)
    await eventually('nothing waits', async () => (await ada.actions.unsentCount()) === 0)
  })

  test('[C82] a change is drawn at once, and what is refused is taken back', async () => {
    const { ada, bob, room } = await two()
    const { id, seq } = await saidBy(ada, room, 'mine')
    await bob.shows(['mine'], room)
    // The chunk that draws it is here by now: it comes soon after the first page.
    bob.actions.loadPins(room)
    await eventually('pins', () => bob.room(room).pins !== null)
    expect(bob.actions.edit(room, id, 'yours')).toBe(true)
    expect(drawn(bob, room, seq)).toMatchObject({
      text: 'yours',
      pendingChanges: [{ sendStatus: { status: 'queued' } }],
    })
    await eventually('refused', () => drawn(bob, room, seq)?.text === 'mine')
    const [failed] = drawn(bob, room, seq)?.pendingChanges ?? []
    expect(failed).toMatchObject({
      entry: { text: 'yours' },
      sendStatus: { status: 'failed', reason: 'forbidden' },
    })
    bob.actions.drop(room, failed?.key ?? '')
    expect(drawn(bob, room, seq)).not.toHaveProperty('pendingChanges')
    expect(bob.actions.edit(room, id, ' ')).not.toBe(true)
  })

  test('[M72, U52, U47] what one does and the other does while one is away is the same for both in the end', async () => {
    const { ada, bob, room, browser } = await two()
    const kept = [
      await saidBy(ada, room, 'one'),
      await saidBy(ada, room, 'two'),
      await saidBy(bob, room, 'three'),
    ]
    const [one = '', two_ = '', three = ''] = kept.map(({ id }) => id)
    bob.faults.away = true
    bob.lose()
    await eventually('lost', () => bob.store.get().connection.state === 'waiting')
    ada.actions.edit(room, one, 'one, better')
    ada.actions.remove(room, two_)
    ada.actions.react(room, three, '🎉', true)
    bob.actions.react(room, one, '👍', true)
    bob.actions.edit(room, three, 'three, better')
    bob.actions.react(room, two_, '👍', true)
    await eventually('Ada is through', () => ada.room(room).pendingChanges.length === 0)
    // Bob's page goes, and another one finds what waits.
    bob.end()
    const again = aPage(browser)
    await again.actions.restoreSession()
    again.actions.openRoom(room)
    const state = (client: Client) =>
      JSON.stringify(
        client.room(room).rows.map(({ seq, text, edited, reactions }) => ({
          seq,
          text,
          edited,
          reactions: reactions.map(({ emoji, count }) => [emoji, count]),
        })),
      )
    await eventually('both are the same', () => {
      const settledAll =
        again.room(room).pendingChanges.filter(({ sendStatus }) => sendStatus.status !== 'failed').length ===
        0
      return (
        settledAll &&
        again.room(room).sync.state === 'live' &&
        state(again) === state(ada) &&
        state(ada).includes('three, better')
      )
    })
    expect(ada.texts(room)).toEqual(['one, better', 'gone', 'three, better'])
    expect(ada.room(room).rows[0]?.reactions).toMatchObject([{ emoji: '👍', count: 1 }])
  })

  test('[U24, M70] in two tabs one message is changed two ways at once: both are done, and all see the later one', async () => {
    const { ada, bob, room, browser } = await two()
    const { id, seq } = await saidBy(bob, room, 'mine')
    const tab = await anotherTab(browser, room)
    bob.actions.edit(room, id, 'in one tab')
    tab.actions.edit(room, id, 'in the other')
    const pages = [ada, bob, tab]
    await eventually('both are in the log', () =>
      pages.every(
        (one) => one.room(room).position.seq === seq + 2 && one.room(room).pendingChanges.length === 0,
      ),
    )
    const [last] = ada.texts(room)
    expect(['in one tab', 'in the other']).toContain(last ?? '')
    expect(pages.map((one) => drawn(one, room, seq)?.text)).toEqual(Array(3).fill(last))
  })

  test('[U24, M75] what was deleted a moment ago is not changed: it is said why, and what was written is kept', async () => {
    const { ada, bob, room, browser } = await two()
    const { id, seq } = await saidBy(bob, room, 'mine')
    const tab = await anotherTab(browser, room)
    bob.faults.swallow = (frame) => frame.type === 'event'
    tab.actions.remove(room, id)
    await ada.shows(['gone'], room)
    expect(bob.actions.edit(room, id, 'mine, better')).toBe(true)
    const change = () => bob.room(room).pendingChanges[0]
    await eventually('refused', () => change()?.sendStatus.status === 'failed')
    expect(change()).toMatchObject({ entry: { text: 'mine, better' }, sendStatus: { reason: 'gone' } })
    expect(await bob.actions.unsentCount()).toBe(1)
    bob.faults.swallow = () => false
    bob.lose()
    await eventually('gone here too', () => drawn(bob, room, seq)?.text === null)
    expect(drawn(bob, room, seq)?.pendingChanges).toMatchObject([{ entry: { text: 'mine, better' } }])
    bob.actions.drop(room, change()?.key ?? '')
    await eventually('nothing is kept', async () => (await bob.actions.unsentCount()) === 0)
  })

  test('[C67, M75] an emoji at what retention took while I was away leaves nothing that waits', async () => {
    const { ada, bob, room, browser } = await two(5)
    const [, , third] = bob.room(room).rows
    bob.faults.away = true
    bob.lose()
    await eventually('lost', () => bob.store.get().connection.state === 'waiting')
    bob.actions.react(room, third?.id ?? '', '👍', true)
    await eventually('it waits', async () => (await bob.actions.unsentCount()) === 1)
    bob.end()
    expect(await app.store.purge(1_000, 100)).toBe(5)
    const last = await saidBy(ada, room, 'after that')
    const again = aPage(browser)
    await again.actions.restoreSession()
    again.actions.openRoom(room)
    await eventually('nothing waits', async () => (await again.actions.unsentCount()) === 0)
    await again.shows(['after that'], room)
    expect(again.room(room).rows.map(({ seq }) => seq)).toEqual([last.seq])
  })

  test('[M73, U87] hear of a new topic, in the list and as a line; who may not is told in words', async () => {
    const { ada, bob, room } = await two()
    await bob.actions.loadRooms()
    expect(await ada.actions.setTopic(room, 'Seeds')).toBeNull()
    const topic = (client: Client) => client.store.get().roomList.find((entry) => entry.room === room)?.topic
    await eventually('Bob reads it', () => topic(bob) === 'Seeds')
    expect([topic(ada), bob.room(room).rows[0]?.kind]).toEqual(['Seeds', 'topic'])
    expect(await bob.actions.setTopic(room, 'Weeds')).toContain('can’t do this')
  })

  test('[U73] a mention that is deleted takes its count along within a second, also where it is not on the page', async () => {
    const { ada, bob, room, browser } = await two()
    const name = (bob.store.get().self as { name: string }).name
    const mention = await saidBy(ada, room, `@${name} look`)
    await eventually('counted', () => bob.room(room).you?.mentions === 1)
    bob.end()
    const user = { id: 'somebody', name: 'Somebody' }
    const more = numbers(1, 70).map(
      (n) =>
        ({
          kind: 'message',
          room,
          id: `far-${names}-${n}`,
          at: n,
          user,
          nonce: `far-${names}-${n}-00`,
          text: `${n}`,
        }) as const,
    )
    await app.store.commit(more)
    // The hub has not heard of these: a page that it shared a moment ago does not have them.
    app.pass(2_000)
    const again = await anotherTab(browser, room)
    expect(again.room(room).you).toMatchObject({ unread: 71, mentions: 1 })
    expect(rowById(again.room(room), mention.id)).toBeNull()
    ada.actions.remove(room, mention.id)
    const began = Date.now()
    await eventually(
      'the count is right',
      () => again.room(room).you?.mentions === 0 && again.room(room).you?.unread === 70,
    )
    expect(Date.now() - began).toBeLessThan(3_000)
  })
})

describe('a long room', () => {
  test('[U27, U23] a message far back is gone to, both ways on to the end, and back', async () => {
    const { ada, bob, room } = await two(400)
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

  test('[U27, U13] my own send is at the end again; so is who asks for it', async () => {
    const { bob, room } = await two(200)
    await bob.actions.jumpTo(room, 20)
    expect(bob.room(room).historyWindow).not.toBeNull()
    bob.actions.send(room, 'here')
    expect(bob.room(room).historyWindow).toBeNull()
    await bob.actions.jumpTo(room, 20)
    bob.actions.showLiveEnd(room)
    expect(bob.room(room).historyWindow).toBeNull()
  })

  test('[C83, U23] quotes are fetched once, together, and pins when they are asked for', async () => {
    const { ada, bob, room } = await two(120)
    const far = await app.store.history(room, { at: 'around', seq: 3, limit: 3 })
    const ids = far?.messages.map(({ id }) => id) ?? []
    bob.actions.loadQuotes(room, [...ids, 'ffff'])
    bob.actions.loadQuotes(room, ids)
    await eventually('quotes', () => bob.room(room).quotes.length === ids.length + 1)
    bob.actions.loadQuotes(room, [...ids, 'ffff'])
    expect(bob.requests.filter((path) => path.includes('ids='))).toHaveLength(1)
    expect(rowById(bob.room(room), 'ffff')).toMatchObject({ text: null })
    ada.actions.pin(room, ids[0] ?? '', true)
    await eventually('pinned', () => rowById(bob.room(room), ids[0] ?? '')?.pinned === true)
    bob.actions.loadPins(room)
    bob.actions.loadPins(room)
    await eventually('pins', () => bob.room(room).pins?.length === 1)
    expect(bob.requests.filter((path) => path.includes('pinned='))).toHaveLength(1)
  })
})
