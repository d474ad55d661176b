import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { oldestSeq } from '../../../src/client/state/rows.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import type { Row } from '../../../src/client/state/state.ts'
import { keysOf } from '../../../src/hub/people/lookAlikeKeys.ts'
import type { Draft } from '../../../src/hub/ports.ts'
import type { HistoryMessage, HistoryPage } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  aPage,
  bob,
  connectionIs,
  eve,
  event,
  firstPage,
  mentionsOfAda,
  NOON,
  olderLoaded,
  olderRequested,
  page,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { testStore } from '../../support/hub/testStore.ts'
import { assertHistories } from '../../support/assertHistories.ts'
import { mine } from '../../support/someChanges.ts'

const PEOPLE = [ada, bob, eve]
const EMOJI = ['👍', '🎉', '🌱']

/** The numbers choose people, messages and values; a step that is impossible at its time is skipped. */
const step = fc.record({
  do: fc.constantFrom(
    ...(['say', 'say', 'edit', 'edit', 'delete', 'react', 'react', 'react', 'pin', 'mine', 'mine'] as const),
    ...(['lose', 'break', 'join', 'join', 'ask', 'ask', 'answer', 'answer', 'read', 'beat', 'wait'] as const),
  ),
  who: fc.nat(2),
  which: fc.nat(200),
  what: fc.nat(20),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface LateAnswer {
  at: 'older' | 'around' | 'pinned'
  page: HistoryPage
  /** the oldest seq when older messages were requested, or the seq jumped to */
  seq: number
}

/** A real store, Ada's page, and between them a connection that loses frames and HTTP answers that come late. */
async function play(steps: readonly Step[], first: number) {
  const store = testStore()
  const guest = { ...ada, keys: keysOf('Ada'), session: 'session-ada', at: 1, room: 'lobby' }
  await store.addGuest(guest, { inactiveBefore: 0, neverWroteBefore: 0 })
  const at = aPage().hear(welcome).tell({ type: 'roomOpened', room: 'lobby' })
  const answers: LateAnswer[] = []
  const sent = new Map<string, Record<string, unknown> & { nonce: string }>()
  let following = false
  let losing = 0
  let ids = 0
  let read = 0

  const log = () => store.events('lobby', 0, 10_000)
  const tell = (...frames: ServerFrame[]) => {
    if (!following) return
    if (losing > 0) losing -= 1
    else at.hear(...frames)
  }
  const commit = async (draft: object) => {
    const text = 'text' in draft ? String(draft.text) : undefined
    ids += 1
    const id = `id-${String(ids).padStart(4, '0')}`
    const whole = {
      room: 'lobby',
      id,
      at: NOON + ids,
      nonce: `nonce-${id}`,
      ...mentionsOfAda(text),
      ...draft,
    } as Draft
    const [outcome] = await store.commit([whole])
    if (outcome?.result === 'stored') tell(event(outcome.event))
    return outcome
  }
  /** Ada's outbox sends a change and handles the answer. */
  const send = async (key: string) => {
    const change = sent.get(key)
    if (change === undefined) return
    const outcome = await commit(change)
    const stored =
      outcome?.result === 'stored' ? outcome.event : outcome?.result === 'duplicate' ? outcome : null
    if (stored !== null) {
      const { seq, id, at: when } = stored
      tell({ type: 'ack', nonce: change.nonce, room: 'lobby', seq, id, at: when })
    } else if (outcome?.result === 'refused') at.tell({ type: 'entryDropped', room: 'lobby', key })
  }
  const messages = async () => (await log()).filter(({ kind }) => kind === 'message')
  const join = async () => {
    following = true
    losing = 0
    const { seq } = at.lobby.position
    at.tell(connectionIs('live', at.now), { type: 'syncRequested', room: 'lobby' })
    const events = await store.events('lobby', seq, 10_000)
    const { head, ...counts } = await store.unread('lobby', ada.id, read)
    const more = { head, you: { ...you, ...counts, readSeq: read } }
    if (seq > 0) return void at.hear(page(events, more))
    const found = await store.history('lobby', { at: 'end', limit: 12 }, ada.id)
    const messages = found?.messages ?? []
    const ownReactions = Object.fromEntries(
      messages.map(({ id, reactions = [] }) => [
        id,
        reactions.flatMap(({ emoji, mine }) => (mine ? emoji : [])),
      ]),
    )
    const older = found?.older ?? false
    at.hear(
      firstPage([], {
        ...more,
        at: { seq: head, id: events.at(-1)?.id ?? null },
        messages,
        mine: ownReactions,
        older,
      }),
    )
  }

  for (let n = 0; n < first; n += 1)
    await commit({ kind: 'message', user: PEOPLE[n % 3], text: `said ${n} @Ada` })
  await join()

  for (const { do: does, who, which, what } of steps) {
    const user = PEOPLE[who] ?? ada
    const all = await messages()
    const target = all[which % Math.max(1, all.length)]
    const emoji = EMOJI[what % 3] ?? ''
    const on = what % 2 === 0
    // prettier-ignore
    switch (does) {
      case 'say': await commit({ kind: 'message', user, text: on ? `@Ada ${what}` : `${what}` }); break
      case 'edit': if (target) await commit({ kind: 'edit', target: target.id, user: target.user, text: on ? `@Ada ${what}` : `edit ${what}` }); break
      case 'delete': if (target) await commit({ kind: 'delete', target: target.id, user: target.user }); break
      case 'react': if (target) await commit({ kind: 'react', target: target.id, user, emoji, on }); break
      case 'pin': if (target) await commit({ kind: 'pin', target: target.id, user, on }); break
      case 'mine': {
        if (!target) break
        const nonce = `mine-${String(ids).padStart(6, '0')}`
        const said = [
          { kind: 'react', target: target.id, emoji, on } as const,
          { kind: 'edit', target: target.id, text: `mine ${what}` } as const,
          { kind: 'delete', target: target.id } as const,
        ][what % 3]
        if (!said) break
        at.tell(mine(said, nonce))
        sent.set(`${ada.id}:${nonce}`, { ...said, user: ada, nonce })
        await send(`${ada.id}:${nonce}`)
        break
      }
      case 'lose': losing += 1; break
      case 'break':
        following = false
        at.tell(connectionIs('waiting', at.now))
        break
      case 'join': await join(); break
      case 'ask': {
        const place = (['older', 'around', 'pinned'] as const)[what % 3] ?? 'older'
        const edge = oldestSeq(at.lobby)
        if (place === 'older') at.tell(olderRequested(edge))
        const seq = target?.seq ?? 1
        const query = { older: { at: 'before', seq: edge }, around: { at: 'around', seq }, pinned: { at: 'pinned' } } as const
        const found = await store.history('lobby', { limit: 5, ...query[place] }, ada.id)
        if (found) answers.push({ at: place, page: found, seq: place === 'older' ? edge : seq })
        break
      }
      case 'answer': {
        const answer = answers.shift()
        if (answer) at.tell(answered(answer))
        break
      }
      case 'read': {
        const seq = Math.min(at.lobby.position.seq, (at.lobby.you?.readSeq ?? 0) + what)
        at.tell({ type: 'readUpTo', room: 'lobby', seq })
        read = Math.max(read, at.lobby.you?.readSeq ?? 0)
        break
      }
      case 'beat': tell({ type: 'beat', heads: { lobby: (await log()).length } }); break
      case 'wait': at.pass(1_000 * what); break
    }
  }
  if (!following) await join()
  for (const answer of answers) at.tell(answered(answer))
  // The page finds out by itself about lost frames and counts it cannot know.
  losing = 0
  tell({ type: 'beat', heads: { lobby: (await log()).length } })
  at.pass(3_000)
  if (at.lobby.sync.state !== 'live') await join()
  // Changes without an ack are sent again.
  for (const { key } of at.lobby.pendingChanges) await send(key)
  const truth = await store.history('lobby', { at: 'end', limit: 10_000 }, ada.id)
  const counts = await store.unread('lobby', ada.id, read)
  return { at, truth: truth?.messages ?? [], events: await log(), counts }
}

function answered({ at, page: found, seq }: LateAnswer): StateChange {
  const room = 'lobby'
  if (at === 'around') return { type: 'historyEntered', room, seq, page: found }
  if (at === 'pinned') return { type: 'pinsLoaded', room, page: found }
  return olderLoaded(seq, found)
}

/** What a message of the store and a row of the page have in common. */
function comparable(message: HistoryMessage | Row) {
  const { seq, id, text, edited, pinned, reactions } = message
  const mentions = ('mentions' in message && message.mentions) || []
  return {
    mentions: [...mentions],
    seq,
    id,
    text: text ?? null,
    edited: edited ?? null,
    pinned: pinned ?? false,
    reactions: [...(reactions ?? [])],
  }
}

test('[C85] whatever is lost, late or changed, in the end every row says what the store says', async () => {
  await assertHistories(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }),
      fc.nat(30),
      async (steps, first) => {
        const { at, truth, events, counts } = await play(steps, first)
        const byId = new Map(truth.map((message) => [message.id, comparable(message)]))
        const { rows, historyWindow, pins, position, you: mineNow, pendingChanges } = at.lobby
        expect(position.seq).toBe(events.length)
        for (const row of [...rows, ...(historyWindow?.rows ?? []), ...(pins ?? [])])
          expect(comparable(row)).toEqual(byId.get(row.id ?? '')!)
        expect(pendingChanges).toEqual([])
        const from = rows[0]?.seq ?? events.length + 1
        expect(rows.map(({ seq }) => seq)).toEqual(
          truth.filter(({ seq }) => seq >= from).map(({ seq }) => seq),
        )
        expect(mineNow).toMatchObject({ unread: counts.unread, mentions: counts.mentions })
      },
    ),
    { numRuns: 200 },
  )
}, 60_000)
