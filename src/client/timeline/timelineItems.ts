/** What a room's timeline draws, picked from its state. Pure; an item that did not change stays `===`. */
import type { User } from '../../shared/model.ts'
import { dayOf } from '../ui/format.ts'
import { applyPendingChange } from '../state/optimisticChanges.ts'
import { rowById } from '../state/rows.ts'
import type { LinesShown, PresenceLine, RoomState, Row } from '../state/state.ts'

/** One thing in a room's timeline. `key` is unique in it and stays as long as the thing does. */
export type TimelineItem =
  /** `day` as `dayOf` gives it; `at`: some time of that day, ms */
  | { kind: 'day'; key: string; day: string; at: number }
  /**
   * `row`: with my changes in it. `first`: it begins a group, so it shows whose it is. `quote`: what it answers, without text
   * if that is gone; null if it is not here yet
   */
  | { kind: 'message'; key: string; row: Row; first: boolean; quote?: Row | null }
  /** a new topic, or a notice of the server */
  | { kind: 'logLine'; key: string; row: Row }
  /** who came and went between two messages; at least one of the lists is not empty */
  | ({ kind: 'presence'; key: string; at: number } & PresenceRun)
  /** what follows was not read when I came */
  | { kind: 'new'; key: 'new' }
  /** the first message there is; `olderRemoved`: older ones have been deleted */
  | { kind: 'begin'; key: 'begin'; olderRemoved: boolean }
  /** after a reset: I was away too long, or the server's history is another one */
  | { kind: 'resetNotice'; key: 'resetNotice'; notice: 'away' | 'changed' }

export type MessageItem = Extract<TimelineItem, { kind: 'message' }>

export interface PresenceRun {
  joined: readonly User[]
  left: readonly User[]
  renamed: readonly { user: User; before: string }[]
}

/** The seq of the newest message, 0 where there is none. */
export function lastSeqOf(items: readonly TimelineItem[]): number {
  let last = 0
  for (const item of items) if (item.kind === 'message') last = Math.max(last, item.row.seq ?? 0)
  return last
}

const GROUP = 5 * 60_000
/** With more people online a room shows and announces nobody who comes or goes (U64). */
export const MAX_ONLINE_FOR_PRESENCE = 100

/** Does `row` stand under the header of the one before it, with nothing between them but time. */
function follows(row: Row, before: Row): boolean {
  return (
    row.user.id === before.user.id &&
    row.user.name === before.user.name &&
    row.replyTo === undefined &&
    Math.abs(row.at - before.at) <= GROUP
  )
}

/** A run of lines as one: whoever came and went within it is not mentioned. */
export function condensePresence(lines: readonly PresenceLine[]): PresenceRun {
  const here: PresenceLine[] = []
  for (const line of lines) {
    const last = here.findLast((earlier) => earlier.user.id === line.user.id && earlier.kind !== 'renamed')
    if (line.kind === 'left' && last?.kind === 'joined') here.splice(here.indexOf(last), 1)
    else if (line.kind === 'renamed' || last?.kind !== line.kind) here.push(line)
  }
  return {
    joined: here.filter((line) => line.kind === 'joined').map((line) => line.user),
    left: here.filter((line) => line.kind === 'left').map((line) => line.user),
    renamed: here
      .filter((line) => line.kind === 'renamed')
      .map((line) => ({ user: line.user, before: line.before ?? '' })),
  }
}

const NOTHING: readonly TimelineItem[] = []

/**
 * Makes the selector of one room's timeline. Each screen has its own: it remembers the items it gave last, so that an item
 * that says the same again is the same object.
 */
export function timelineItems(
  lines: LinesShown = 'condensed',
): (room: RoomState | undefined) => readonly TimelineItem[] {
  let before: RoomState | undefined
  let given: readonly TimelineItem[] = NOTHING
  let known = new Map<string, TimelineItem>()
  let runs = new WeakMap<PresenceLine, { until: PresenceLine; item: TimelineItem | null }>()
  const overlaid = overlay()

  return (room) => {
    if (room === before) return given
    const same =
      room !== undefined &&
      before !== undefined &&
      room.room === before.room &&
      room.rows === before.rows &&
      room.historyWindow === before.historyWindow &&
      room.quotes === before.quotes &&
      room.pendingChanges === before.pendingChanges &&
      room.presenceLines === before.presenceLines &&
      room.unreadDivider === before.unreadDivider &&
      room.older === before.older &&
      room.floor === before.floor &&
      room.resetNotice === before.resetNotice &&
      room.onlineCount > MAX_ONLINE_FOR_PRESENCE === before.onlineCount > MAX_ONLINE_FOR_PRESENCE
    if (room?.room !== before?.room) runs = new WeakMap()
    before = room
    if (same) return given
    if (room === undefined) return (given = NOTHING)
    const next = new Map<string, TimelineItem>()
    for (const item of itemsOf(
      room,
      room.onlineCount > MAX_ONLINE_FOR_PRESENCE ? 'hidden' : lines,
      runs,
      overlaid,
    )) {
      const earlier = known.get(item.key)
      next.set(item.key, earlier !== undefined && alike(earlier, item) ? earlier : item)
    }
    known = next
    given = [...next.values()]
    return given
  }
}

/** Makes what draws my unconfirmed changes into rows; a row and changes that are the same give the same row. */
function overlay(): (row: Row, room: RoomState) => Row {
  const drawn = new WeakMap<Row, Row>()
  return (row, { pendingChanges }) => {
    const mine = pendingChanges.filter(({ entry }) => entry.target === row.id)
    if (mine.length === 0) return row
    const before = drawn.get(row)
    if (
      before?.pendingChanges?.length === mine.length &&
      mine.every((change, at) => change === before.pendingChanges?.[at])
    )
      return before
    const after = { ...mine.reduce(applyPendingChange, row), pendingChanges: mine }
    drawn.set(row, after)
    return after
  }
}

function alike(a: TimelineItem, b: TimelineItem): boolean {
  if (a === b) return true
  // prettier-ignore
  switch (a.kind) {
    case 'message': return b.kind === 'message' && a.row === b.row && a.first === b.first && a.quote === b.quote
    case 'logLine': return b.kind === 'logLine' && a.row === b.row
    case 'day': return b.kind === 'day' && a.day === b.day
    case 'begin': return b.kind === 'begin' && a.olderRemoved === b.olderRemoved
    case 'resetNotice': return b.kind === 'resetNotice' && a.notice === b.notice
    case 'new': return b.kind === 'new'
    case 'presence': return false
  }
}

function* itemsOf(
  room: RoomState,
  shown: LinesShown,
  runs: WeakMap<PresenceLine, { until: PresenceLine; item: TimelineItem | null }>,
  overlaid: (row: Row, room: RoomState) => Row,
): Generator<TimelineItem> {
  const { historyWindow, pendingChanges } = room
  const { rows, older } = historyWindow ?? room
  if (room.resetNotice !== null && historyWindow === null)
    yield { kind: 'resetNotice', key: 'resetNotice', notice: room.resetNotice }
  if (older === 'none' && rows.some((row) => row.seq !== null))
    yield { kind: 'begin', key: 'begin', olderRemoved: room.floor > 1 }

  // Lines behind rows that are not loaded have no place.
  const edge = rows[0]?.seq ?? null
  const placed =
    shown === 'hidden' || historyWindow !== null
      ? []
      : room.presenceLines.filter((line) => older === 'none' || edge === null || line.after >= edge)
  const days = new Map<string, number>()
  // Below rows that are not loaded nobody knows whether it is the place.
  let divider = older === 'none' || (edge ?? 0) <= (room.unreadDivider ?? 0) + 1 ? room.unreadDivider : null
  let line = 0
  let last: Row | null = null
  let day = ''

  for (const row of rows) {
    const between: PresenceLine[] = []
    for (let next = placed[line]; next && (row.seq === null || next.after < row.seq); next = placed[line]) {
      between.push(next)
      line += 1
    }
    const drawn = itemsOfRun(between, shown, runs)
    yield* drawn
    const today = dayOf(row.at)
    if (today !== day) {
      const times = (days.get(today) ?? 0) + 1
      days.set(today, times)
      // A clock set back may bring a day twice.
      yield { kind: 'day', key: times > 1 ? `day ${today} ${times}` : `day ${today}`, day: today, at: row.at }
    }
    if (row.kind !== 'message') {
      yield { kind: 'logLine', key: row.key, row }
      day = today
      last = null
      continue
    }
    const news = divider !== null && !row.own && row.seq !== null && row.seq > divider
    if (news) {
      divider = null
      yield { kind: 'new', key: 'new' }
    }
    const first = news || last === null || today !== day || drawn.length > 0 || !follows(row, last)
    const drawnRow = pendingChanges.length > 0 ? overlaid(row, room) : row
    const quote = row.replyTo === undefined ? undefined : rowById(room, row.replyTo)
    yield { kind: 'message', key: row.key, row: drawnRow, first, ...(quote !== undefined && { quote }) }
    day = today
    last = row
  }
  yield* itemsOfRun(placed.slice(line), shown, runs)
}

function itemsOfRun(
  lines: readonly PresenceLine[],
  shown: LinesShown,
  runs: WeakMap<PresenceLine, { until: PresenceLine; item: TimelineItem | null }>,
): TimelineItem[] {
  if (shown === 'shown') return lines.flatMap((line) => itemsOfRun([line], 'condensed', runs))
  const [first] = lines
  const until = lines.at(-1)
  if (first === undefined || until === undefined) return []
  const known = runs.get(first)
  if (known?.until === until) return known.item === null ? [] : [known.item]
  const run = condensePresence(lines)
  const says = run.joined.length + run.left.length + run.renamed.length > 0
  const item: TimelineItem | null = says
    ? { kind: 'presence', key: `presence ${first.id}`, at: first.at, ...run }
    : null
  runs.set(first, { until, item })
  return item === null ? [] : [item]
}
