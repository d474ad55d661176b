/**
 * The history checker. Clients record what they asked for and what they show; afterwards both are held against the
 * database. Every sentence it returns is one violation of A–F.
 */
import type { ErrorCode } from '../../src/shared/errors.ts'
import type { ResetReason } from '../../src/shared/protocol.ts'

/** One send, from being asked for to its end. `id` is in the text too, so a double under another nonce is seen. */
export interface Operation {
  id: string
  sender: string
  room: string
  nonce: string
  /** which of its sender's in this room: order of sending */
  order: number
  outcome: 'open' | 'acked' | 'failed'
  seq?: number
  event?: string
  code?: string
}

/** One event as somebody shows it, or as the log has it. */
export interface Shown {
  seq: number
  id: string
  kind: string
  nonce: string
  text: string | null
}

/** What one client ends with. `rooms`: its rows from the start of what it was given, or its last `reset`. */
export interface Witness {
  name: string
  rooms: Map<string, readonly Shown[]>
  /** `behind`: events between its position and the head it was told */
  resets: readonly { room: string; reason: ResetReason; behind: number }[]
  errors: readonly string[]
  /** rows that were drawn across a hole, or twice, at any time of the run */
  misdrawn: readonly string[]
}

export interface History {
  operations: readonly Operation[]
  witnesses: readonly Witness[]
  /** the database: each room's log and the head it says it has */
  log: ReadonlyMap<string, { head: number; events: readonly Shown[] }>
  /** resets this scenario provokes */
  expected?: ReadonlySet<ResetReason>
  /** text that somebody sees must be what the log has, unless the log has it no longer */
  unprovoked?: readonly string[]
}

/** events that somebody may have missed (`protocol.md` §5) */
const RESUME = 1_000

/** The codes a client may be told (`docs/protocol.md` §7). */
const KNOWN: ReadonlySet<string> = new Set<ErrorCode>([
  'overloaded',
  'unavailable',
  'rateLimited',
  'internal',
  'badFrame',
  'tooBig',
  'forbidden',
  'noRoom',
  'notMember',
  'readOnly',
  'nonceReused',
  'gone',
  'unauthenticated',
])

/** Holds a history against A–F. Empty: nothing is wrong. At most 50 sentences an invariant, then how many more. */
export function check(history: History): string[] {
  return [acknowledged, numbered, shown, settled, ordered, provoked].flatMap((invariant) => {
    const found = invariant(history)
    return found.length > 50 ? [...found.slice(0, 50), `… and ${found.length - 50} more`] : found
  })
}

/** A: every acknowledged operation is in the log once, with its seq and id; none is there twice. */
function acknowledged({ operations, log }: History): string[] {
  const wrong: string[] = []
  const byText = new Map<string, Shown[]>()
  for (const [room, { events }] of log)
    for (const event of events) {
      const key = `${room}\n${event.text ?? ''}`
      byText.set(key, [...(byText.get(key) ?? []), event])
    }
  for (const operation of operations) {
    const found = byText.get(`${operation.room}\n${operation.id}`) ?? []
    if (found.length > 1) wrong.push(`A ${operation.id} is in the log ${found.length} times`)
    if (operation.outcome !== 'acked') continue
    const [event] = found
    if (event === undefined)
      wrong.push(`A ${operation.id} was acknowledged as ${operation.seq} and is not in the log`)
    else if (event.seq !== operation.seq || event.id !== operation.event)
      wrong.push(`A ${operation.id} was acknowledged as ${operation.seq} and stands at ${event.seq}`)
  }
  return wrong
}

/** B: each room's seq is 1…N without a hole, and its head is N. */
function numbered({ log }: History): string[] {
  return [...log].flatMap(([room, { head, events }]) => {
    const hole = events.findIndex((event, at) => event.seq !== at + 1)
    if (hole >= 0) return [`B ${room} has ${events[hole]?.seq} in place of ${hole + 1}`]
    return head === events.length
      ? []
      : [`B ${room} says its head is ${head} and holds ${events.length} events`]
  })
}

/** C: what a client shows equals the log from its first row on, up to the head. */
function shown({ witnesses, log }: History): string[] {
  const wrong: string[] = []
  for (const { name, rooms, misdrawn } of witnesses) {
    wrong.push(...misdrawn.map((what) => `C ${name} ${what}`))
    for (const [room, rows] of rooms) {
      const events = log.get(room)?.events ?? []
      const first = rows[0]?.seq ?? events.length + 1
      const truth = events.slice(first - 1)
      if (rows.length === 0 && events.length > 0)
        wrong.push(`C ${name} shows nothing of ${room}, which has ${events.length}`)
      const differs = truth.findIndex((event, at) => !same(event, rows[at]))
      if (differs >= 0)
        wrong.push(
          `C ${name} shows ${said(rows[differs])} in ${room} where the log has ${said(truth[differs])}`,
        )
      else if (rows.length > truth.length)
        wrong.push(`C ${name} shows ${said(rows[truth.length])} beyond the end of ${room}`)
    }
  }
  return wrong
}

/** D: every operation has ended: acknowledged, or failed with a reason. */
function settled({ operations }: History): string[] {
  return operations.flatMap(({ id, outcome, code }) => {
    if (outcome === 'open') return [`D ${id} never ended`]
    return outcome === 'failed' && code === undefined ? [`D ${id} failed without a reason`] : []
  })
}

/** E: per sender and room, the order in the log is the order of sending. */
function ordered({ operations, log }: History): string[] {
  const seqOf = new Map<string, number>()
  for (const [room, { events }] of log)
    for (const event of events) seqOf.set(`${room}\n${event.text ?? ''}`, event.seq)
  const last = new Map<string, { order: number; seq: number; id: string }>()
  const wrong: string[] = []
  for (const operation of [...operations].sort((one, other) => one.order - other.order)) {
    const seq = seqOf.get(`${operation.room}\n${operation.id}`)
    if (seq === undefined) continue
    const key = `${operation.sender}\n${operation.room}`
    const before = last.get(key)
    if (before !== undefined && before.seq > seq)
      wrong.push(
        `E ${operation.id} stands at ${seq}, before ${before.id} at ${before.seq}, which was sent first`,
      )
    last.set(key, { order: operation.order, seq, id: operation.id })
  }
  return wrong
}

/** F: no reset and no error that the scenario does not provoke. */
function provoked({ witnesses, expected, unprovoked = [] }: History): string[] {
  return [
    ...unprovoked.map((what) => `F ${what}`),
    ...witnesses.flatMap(({ name, resets, errors }) => [
      ...resets
        .filter(({ reason, behind }) => !isDue(reason, behind) && expected?.has(reason) !== true)
        .map(({ room, reason }) => `F ${name} was told reset "${reason}" of ${room}`),
      ...errors.filter((code) => !KNOWN.has(code)).map((code) => `F ${name} was told ${code}`),
    ]),
  ]
}

/** Who has missed more than is sent again must be told so, whatever made them miss it. */
function isDue(reason: ResetReason, behind: number): boolean {
  return reason === 'tooOld' && behind > RESUME
}

function same(event: Shown, row: Shown | undefined): boolean {
  return (
    row !== undefined &&
    row.seq === event.seq &&
    row.id === event.id &&
    row.kind === event.kind &&
    row.nonce === event.nonce &&
    (row.text === event.text || event.text === null)
  )
}

function said(event: Shown | undefined): string {
  return event === undefined ? 'nothing' : `${event.seq} “${event.text ?? 'gone'}”`
}
