import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import type { Row } from '../../../src/client/state/state.ts'
import type { Draft } from '../../../src/hub/ports.ts'
import type { HistoryMessage, HistoryPage } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  aPage,
  bob,
  eve,
  event,
  firstPage,
  NOON,
  page,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { testStore } from '../../support/hub/testStore.ts'
import { assertHistories } from '../../support/assertHistories.ts'
import { drawn, mine } from '../../support/someChanges.ts'

const PEOPLE = [ada, bob, eve]
const EMOJI = ['👍', '🎉', '🌱']

/** Numbers choose whom and what; what makes no sense just then is left out. */
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

interface Answered {
  at: 'older' | 'around' | 'pinned'
  page: HistoryPage
  which: number
}

/** A real store, a page of Ada's, and what happens between them: a wire that may lose, answers that may be late. */
async function play(steps: readonly Step[], first: number) {
  const store = testStore()
  const guest = { ...ada, keys: ['ada'], session: 'session-ada', at: 1, room: 'lobby' }
  await store.addGuest(guest, { inactiveBefore: 0, neverWroteBefore: 0 })
  const at = aPage().hear(welcome).tell({ type: 'roomOpened', room: 'lobby' })
  const answers: Answered[] = []
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
    ids += 1
    const id = `id-${String(ids).padStart(4, '0')}`
    const whole = { room: 'lobby', id, at: NOON + ids, nonce: `nonce-${id}`, ...draft } as Draft
    const [outcome] = await store.commit([whole])
    if (outcome?.result === 'stored') tell(event(outcome.event))
    return outcome
  }
  /** What Ada's outbox does with a change: sends it, and takes the answer. */
  const send = async (key: string) => {
    const said = sent.get(key)
    if (said === undefined) return
    const outcome = await commit(said)
    const of = outcome?.result === 'stored' ? outcome.event : outcome?.result === 'duplicate' ? outcome : null
    if (of !== null) {
      const { seq, id, at: when } = of
      tell({ type: 'ack', nonce: said.nonce, room: 'lobby', seq, id, at: when })
    } else if (outcome?.result === 'refused') at.tell({ type: 'entryDropped', room: 'lobby', key })
  }
  const messages = async () => (await log()).filter(({ kind }) => kind === 'message')
  const join = async () => {
    following = true
    losing = 0
    const { seq } = at.lobby.position
    at.tell(
      { type: 'connectionChanged', connection: { state: 'live' }, now: at.now },
      { type: 'syncRequested', room: 'lobby', now: at.now },
    )
    const events = await store.events('lobby', seq, 10_000)
    const { head, ...counts } = await store.unread('lobby', ada, read)
    const more = { head, you: { ...you, ...counts, readSeq: read } }
    if (seq > 0) return void at.hear(page(events, more))
    const found = await store.history('lobby', { at: 'end', limit: 12 }, ada.id)
    const messages = found?.messages ?? []
    const mine = Object.fromEntries(
      messages.map(({ id, reactions = [] }) => [id, reactions.flatMap((one) => (one.mine ? one.emoji : []))]),
    )
    const older = found?.older ?? false
    at.hear(
      firstPage([], { ...more, at: { seq: head, id: events.at(-1)?.id ?? null }, messages, mine, older }),
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
        at.tell({ type: 'connectionChanged', connection: { state: 'waiting', until: at.now, since: at.now, attempt: 1, announced: false }, now: at.now })
        break
      case 'join': await join(); break
      case 'ask': {
        const place = (['older', 'around', 'pinned'] as const)[what % 3] ?? 'older'
        if (place === 'older') at.tell({ type: 'olderRequested', room: 'lobby' })
        const edge = at.lobby.rows[0]?.seq ?? at.lobby.position.seq + 1
        const seq = target?.seq ?? 1
        const query = { older: { at: 'before', seq: edge }, around: { at: 'around', seq }, pinned: { at: 'pinned' } } as const
        const found = await store.history('lobby', { limit: 5, ...query[place] }, ada.id)
        if (found) answers.push({ at: place, page: found, which: place === 'older' ? edge : seq })
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
  // What was lost on the way, and what the page cannot count, it finds out by itself.
  losing = 0
  tell({ type: 'beat', heads: { lobby: (await log()).length } })
  at.pass(3_000)
  if (at.lobby.sync.state !== 'live') await join()
  // What has no ack by now is sent again.
  for (const { key } of at.lobby.pendingChanges) await send(key)
  const truth = await store.history('lobby', { at: 'end', limit: 10_000 }, ada.id)
  const counts = await store.unread('lobby', ada, read)
  return { at, truth: truth?.messages ?? [], events: await log(), counts }
}

/** The answer to a request. `which`: the oldest seq when older messages were asked for, or the seq jumped to. */
function answered({ at, page: found, which }: Answered): StateChange {
  const room = 'lobby'
  if (at === 'around') return { type: 'historyEntered', room, seq: which, page: found }
  if (at === 'pinned') return { type: 'pinsLoaded', room, page: found }
  return { type: 'olderLoaded', room, before: which, page: found }
}

/** A message as the store has it, and a row as the page does, in the same words. */
function told({ seq, id, text, edited, pinned, reactions }: HistoryMessage) {
  return {
    seq,
    id,
    text: text ?? null,
    edited: edited ?? null,
    pinned: pinned ?? false,
    reactions: reactions ?? [],
  }
}
function shown({ seq, id, text, edited, pinned, reactions }: Row) {
  return { seq, id, text, edited, pinned, reactions: [...reactions] }
}

test('[C85] whatever is lost, late, changed or asked for, in the end every row says what the store says', async () => {
  await assertHistories(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }),
      fc.nat(30),
      async (steps, first) => {
        const { at, truth, events, counts } = await play(steps, first)
        const byId = new Map(truth.map((message) => [message.id, told(message)]))
        const { rows, historyWindow, pins, position, you: mineNow, pendingChanges } = at.lobby
        expect(position.seq).toBe(events.length)
        for (const row of [...rows, ...(historyWindow?.rows ?? []), ...(pins ?? [])])
          expect(shown(row)).toEqual(byId.get(row.id ?? '') as ReturnType<typeof shown>)
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

test('[C85] what the test above compares is there to be compared', async () => {
  const { at, truth } = await play([{ do: 'react', who: 1, which: 0, what: 0 }], 3)
  expect(truth[0]?.reactions).toHaveLength(1)
  expect(drawn(at, 1)?.reactions).toHaveLength(1)
  expect(at.lobby.you?.unread).toBe(2)
})
