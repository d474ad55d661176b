/**
 * The history checker. Clients record what they sent and what they show; afterwards both are compared with the database. Each
 * sentence it returns is one violation of an invariant A–F.
 */
import type { ResetReason } from '../../src/shared/protocol.ts'

/** One message, from the moment it was written. Its text is `id`, so that a duplicate under another nonce is noticed. */
export interface Operation {
  id: string
  sender: string
  room: string
  nonce: string
  /** the sender's messages in this room were sent in this order */
  order: number
  outcome: 'open' | 'acked' | 'failed'
  seq?: number
  event?: string
  code?: string
}

/** One event as a client shows it, or as the log has it. */
export interface Shown {
  seq: number
  id: string
  kind: string
  nonce: string
  text: string | null
}

/** What one client shows in the end. */
export interface Witness {
  name: string
  /** its rows since its first page or its last `reset` */
  rooms: Map<string, readonly Shown[]>
  /** `behind`: events between its position and the head that the `reset` named */
  resets: readonly { room: string; reason: ResetReason; behind: number }[]
  errors: readonly string[]
  /** rows that were drawn across a hole or twice, at any time of the run */
  misdrawn: readonly string[]
}

export interface History {
  operations: readonly Operation[]
  witnesses: readonly Witness[]
  /** each room's events and head in the database */
  log: ReadonlyMap<string, { head: number; events: readonly Shown[] }>
  /** resets that the scenario provokes */
  expected?: ReadonlySet<ResetReason>
  /** errors that the server logged */
  bugs?: readonly string[]
}

/** Events that a client may miss and still get (`docs/protocol.md` §5), and the error codes of its §7. Not taken from the product. */
const RESUME = 1_000
const CODES = new Set(
  (
    'overloaded unavailable rateLimited internal badFrame tooBig forbidden noRoom notMember readOnly nonceReused gone ' +
    'unauthenticated'
  ).split(' '),
)

/** Checks a history against A–F. @returns at most 50 violations of each invariant, and how many more there are */
export function check(history: History): string[] {
  return [acknowledged, numbered, shown, settled, ordered, provoked].flatMap((invariant) => {
    const violations = invariant(history)
    const excess = violations.length - 50
    return excess > 0 ? [...violations.slice(0, 50), `… and ${excess} more`] : violations
  })
}

const textKey = (room: string, text: string | null) => `${room}\n${text ?? ''}`

/** A: every acknowledged operation is in the log once, with its seq and id; no operation is there twice. */
function acknowledged({ operations, log }: History): string[] {
  const events = [...log].flatMap(([room, { events: all }]) => all.map((event) => ({ room, ...event })))
  const byText = Map.groupBy(events, ({ room, text }) => textKey(room, text))
  return operations.flatMap(({ id, room, outcome, seq, event: eventId }) => {
    const stored = byText.get(textKey(room, id)) ?? []
    const [event] = stored
    const violations = stored.length > 1 ? [`A ${id} is in the log ${stored.length} times`] : []
    if (outcome === 'acked' && event === undefined)
      violations.push(`A ${id} was acknowledged as ${seq} and is not in the log`)
    else if (outcome === 'acked' && (event?.seq !== seq || event?.id !== eventId))
      violations.push(`A ${id} was acknowledged as ${seq} and stands at ${event?.seq}`)
    return violations
  })
}

/** B: each room's seqs are 1…N without a hole, and its head is N. */
function numbered({ log }: History): string[] {
  return [...log].flatMap(([room, { head, events }]) => {
    const hole = events.findIndex(({ seq }, index) => seq !== index + 1)
    if (hole >= 0) return [`B ${room} has ${events[hole]?.seq} instead of ${hole + 1}`]
    return head === events.length
      ? []
      : [`B the head of ${room} is ${head}, and it has ${events.length} events`]
  })
}

/** C: what a client shows equals the log from its first row to the head. */
function shown({ witnesses, log }: History): string[] {
  return witnesses.flatMap(({ name, rooms, misdrawn }) => [
    ...misdrawn.map((sentence) => `C ${name} ${sentence}`),
    ...[...rooms].flatMap(([room, rows]) => {
      const events = log.get(room)?.events ?? []
      const expected = events.slice((rows[0]?.seq ?? events.length + 1) - 1)
      if (rows.length === 0 && events.length > 0)
        return [`C ${name} shows nothing of ${room}, which has ${events.length}`]
      const wrong = expected.findIndex((event, index) => !isSame(event, rows[index]))
      if (wrong >= 0)
        return [`C ${name} shows ${quoted(rows[wrong])} in ${room} instead of ${quoted(expected[wrong])}`]
      return rows.length > expected.length
        ? [`C ${name} shows ${quoted(rows[expected.length])} beyond the end of ${room}`]
        : []
    }),
  ])
}

/** D: every operation was acknowledged, or failed with a reason. */
function settled({ operations }: History): string[] {
  return operations.flatMap(({ id, outcome, code }) => {
    if (outcome === 'open') return [`D ${id} never ended`]
    return outcome === 'failed' && code === undefined ? [`D ${id} failed without a reason`] : []
  })
}

/** E: in each room, a sender's messages stand in the order of sending. */
function ordered({ operations, log }: History): string[] {
  const seqs = new Map(
    [...log].flatMap(([room, { events }]) => events.map(({ text, seq }) => [textKey(room, text), seq])),
  )
  const last = new Map<string, { seq: number; id: string }>()
  return operations
    .toSorted((a, b) => a.order - b.order)
    .flatMap(({ id, room, sender }) => {
      const seq = seqs.get(textKey(room, id))
      if (seq === undefined) return []
      const before = last.get(`${sender}\n${room}`)
      last.set(`${sender}\n${room}`, { seq, id })
      return before !== undefined && before.seq > seq
        ? [`E ${id} stands at ${seq}, before ${before.id} at ${before.seq}, which was sent first`]
        : []
    })
}

/** F: no reset and no error that the scenario does not provoke. */
function provoked({ witnesses, expected, bugs = [] }: History): string[] {
  return [
    ...bugs.map((bug) => `F ${bug}`),
    ...witnesses.flatMap(({ name, resets, errors }) => [
      ...resets
        .filter(({ reason, behind }) => !isDue(reason, behind) && !expected?.has(reason))
        .map(({ room, reason }) => `F ${name} got the reset "${reason}" of ${room}`),
      ...errors.filter((code) => !CODES.has(code)).map((code) => `F ${name} got the error ${code}`),
    ]),
  ]
}

/** Any client that missed more events than the server sends again gets this reset. */
function isDue(reason: ResetReason, behind: number): boolean {
  return reason === 'tooOld' && behind > RESUME
}

/** A row may still have a text that the log has lost. */
function isSame(event: Shown, row: Shown | undefined): boolean {
  const isSameEntry =
    row?.seq === event.seq && row.id === event.id && row.kind === event.kind && row.nonce === event.nonce
  return isSameEntry && (row.text === event.text || event.text === null)
}

function quoted(event: Shown | undefined): string {
  return event === undefined ? 'nothing' : `${event.seq} “${event.text ?? 'deleted'}”`
}
