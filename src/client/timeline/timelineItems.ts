/** What a room's timeline draws, selected from its state. Pure; an item that did not change stays `===`. */
import type { User } from '../../shared/model.ts'
import { dayOf } from '../ui/format.ts'
import { applyPendingChange } from '../state/optimisticChanges.ts'
import { nameSince } from '../state/personName.ts'
import { rowById } from '../state/rows.ts'
import type { LinesShown, PendingChange, PresenceLine, RoomState, Row } from '../state/state.ts'

/** One item of a room's timeline. `key` is unique in it and stays the same as long as the item exists. */
export type TimelineItem =
  /** `day` as `dayOf` gives it; `at` (ms) is some time of that day */
  | { kind: 'day'; key: string; day: string; at: number }
  /**
   * `row` has my unconfirmed changes applied. `first`: it begins a group, so it shows its author. `quote` is the message it
   * replies to, without text if that was deleted; null if it is not loaded yet. `deleted`: this many deleted messages of one
   * author in a row, of which `row` is the first. `names`: what the mentioned people are called now, if anything newer is
   * known than the text says.
   */
  | {
      kind: 'message'
      key: string
      row: Row
      first: boolean
      quote?: Row | null
      deleted?: number
      names?: readonly (string | null)[]
    }
  /** a changed topic, or a notice of the server */
  | { kind: 'logLine'; key: string; row: Row }
  /** people who came and went between two messages; `until` is the id of the last line of the run */
  | ({ kind: 'presence'; key: string; until: string } & PresenceRun)
  /** the unread divider */
  | { kind: 'new'; key: 'new' }
  /** the start of the room; `olderRemoved`: retention has deleted older messages */
  | { kind: 'begin'; key: 'begin'; olderRemoved: boolean }
  /** after a reset: the person was away too long, or the server has another history */
  | { kind: 'resetNotice'; key: 'resetNotice'; notice: 'away' | 'changed' }

export type MessageItem = Extract<TimelineItem, { kind: 'message' }>

export interface PresenceRun {
  joined: readonly User[]
  left: readonly User[]
  renamed: readonly { user: User; before: string }[]
}

/** The seq of the newest message, 0 if there is none. */
export function lastSeqOf(items: readonly TimelineItem[]): number {
  return items.reduce((last, item) => (item.kind === 'message' ? Math.max(last, item.row.seq ?? 0) : last), 0)
}

/** ms between two messages of one author that share a header */
const GROUP = 5 * 60_000
/** With more people online, a room neither shows nor announces presence (U64). */
export const MAX_ONLINE_FOR_PRESENCE = 100

/** Does `row` go under the header of the message before it, as far as these two rows tell? */
function isSameGroup(row: Row, before: Row): boolean {
  return (
    row.user.id === before.user.id &&
    row.user.name === before.user.name &&
    row.replyTo === undefined &&
    Math.abs(row.at - before.at) <= GROUP
  )
}

/** Joins the lines of a run into one, which leaves out people who joined and left within the run. */
export function condensePresence(lines: readonly PresenceLine[]): PresenceRun {
  const kept: PresenceLine[] = []
  for (const line of lines) {
    const last = kept.findLast((earlier) => earlier.user.id === line.user.id && earlier.kind !== 'renamed')
    if (line.kind === 'left' && last?.kind === 'joined') kept.splice(kept.indexOf(last), 1)
    else if (line.kind === 'renamed' || last?.kind !== line.kind) kept.push(line)
  }
  const { joined = [], left = [], renamed = [] } = Object.groupBy(kept, ({ kind }) => kind)
  return {
    joined: joined.map(({ user }) => user),
    left: left.map(({ user }) => user),
    renamed: renamed.map(({ user, before = '' }) => ({ user, before })),
  }
}

/** Makes the selector of one room's timeline. It remembers its last items, so that an unchanged item is the same object. */
export function timelineItems(
  lines: LinesShown = 'condensed',
): (room: RoomState | undefined) => readonly TimelineItem[] {
  let selectedFrom: RoomState | undefined
  let items: readonly TimelineItem[] = []
  let byKey = new Map<string, TimelineItem>()

  return (room) => {
    if (room === selectedFrom) return items
    selectedFrom = room
    const next =
      room === undefined
        ? []
        : Array.from(joinDeleted(itemsOf(room, lines)), (item) => {
            const known = byKey.get(item.key)
            return known !== undefined && isSame(known, item) ? known : item
          })
    if (next.length === items.length && next.every((item, at) => item === items[at])) return items
    byKey = new Map(next.map((item) => [item.key, item]))
    return (items = next)
  }
}

function isSame(a: TimelineItem, b: TimelineItem): boolean {
  // prettier-ignore
  switch (a.kind) {
    case 'message': return b.kind === 'message' && isSameMessage(a, b)
    case 'logLine': return b.kind === 'logLine' && a.row === b.row
    case 'day': return b.kind === 'day' && a.day === b.day
    case 'begin': return b.kind === 'begin' && a.olderRemoved === b.olderRemoved
    case 'resetNotice': return b.kind === 'resetNotice' && a.notice === b.notice
    case 'presence': return b.kind === 'presence' && a.until === b.until
    case 'new': return true
  }
}

function isSameMessage(a: MessageItem, b: MessageItem): boolean {
  const isSameRow = a.row === b.row && a.first === b.first && a.quote === b.quote && a.deleted === b.deleted
  return isSameRow && isSameMentions(a, b)
}

/** Are the people mentioned in two states of one message called the same? For states with the same text. */
export function isSameMentions(a: MessageItem | null, b: MessageItem): boolean {
  const [before = [], after = []] = [a?.names, b.names]
  return before.length === after.length && before.every((name, at) => name === after[at])
}

/** Draws deleted messages of one author that follow each other as one: a wall of them says nothing more. */
function* joinDeleted(items: Iterable<TimelineItem>): Generator<TimelineItem> {
  let run: (MessageItem & { deleted: number }) | null = null
  for (const item of items) {
    const isDeleted = item.kind === 'message' && item.row.text === null
    if (run !== null && isDeleted && item.row.user.id === run.row.user.id) {
      run.deleted += 1
      continue
    }
    if (run !== null) yield run
    run = isDeleted ? { ...item, deleted: 1 } : null
    if (!isDeleted) yield item
  }
  if (run !== null) yield run
}

const changedRows = new WeakMap<Row, Row>()

/** The row with my unconfirmed changes applied; the same row and changes give the same object. */
function withPendingChanges(row: Row, pending: readonly PendingChange[]): Row {
  const changes = pending.filter(({ entry }) => entry.target === row.id)
  if (changes.length === 0) return row
  const known = changedRows.get(row)
  const applied = known?.pendingChanges ?? []
  if (known && applied.length === changes.length && changes.every((change, at) => change === applied[at]))
    return known
  const changed = { ...changes.reduce(applyPendingChange, row), pendingChanges: changes }
  changedRows.set(row, changed)
  return changed
}

function* itemsOf(room: RoomState, lines: LinesShown): Generator<TimelineItem> {
  const { historyWindow, pendingChanges, unreadDivider } = room
  const { rows, older } = historyWindow ?? room
  if (room.resetNotice !== null && historyWindow === null)
    yield { kind: 'resetNotice', key: 'resetNotice', notice: room.resetNotice }
  if (older === 'none' && rows.some((row) => row.seq !== null))
    yield { kind: 'begin', key: 'begin', olderRemoved: room.floor > 1 }

  const firstSeq = rows[0]?.seq ?? null
  const isHidden = lines === 'hidden' || room.onlineCount > MAX_ONLINE_FOR_PRESENCE || historyWindow !== null
  // Presence lines and a divider that belong above the loaded rows are not drawn.
  const presence = room.presenceLines.filter(
    ({ after }) => !isHidden && (older === 'none' || firstSeq === null || after >= firstSeq),
  )
  const isDividerLoaded = older === 'none' || (firstSeq ?? 0) <= (unreadDivider ?? 0) + 1
  let divider = isDividerLoaded ? unreadDivider : null
  const dayCounts = new Map<string, number>()
  let placed = 0
  let before: Row | null = null
  let day = ''

  for (const row of rows) {
    const { seq } = row
    let until = placed
    for (let line = presence[until]; line && (seq === null || line.after < seq); line = presence[until])
      until += 1
    const presenceItems = presenceItemsOf(presence.slice(placed, until), lines)
    placed = until
    yield* presenceItems
    const rowDay = dayOf(row.at)
    const isNewDay = rowDay !== day
    if (isNewDay) {
      day = rowDay
      const count = (dayCounts.get(day) ?? 0) + 1
      dayCounts.set(day, count)
      // A clock that was set back can bring a day twice.
      yield { kind: 'day', key: count > 1 ? `day ${day} ${count}` : `day ${day}`, day, at: row.at }
    }
    if (row.kind !== 'message') {
      yield { kind: 'logLine', key: row.key, row }
      before = null
      continue
    }
    const isFirstUnread = divider !== null && !row.own && seq !== null && seq > divider
    if (isFirstUnread) {
      divider = null
      yield { kind: 'new', key: 'new' }
    }
    const isSeparated = isFirstUnread || isNewDay || presenceItems.length > 0
    const names = row.mentions.map(({ user }) => nameSince(room, user, seq ?? Infinity))
    yield {
      kind: 'message',
      key: row.key,
      row: withPendingChanges(row, pendingChanges),
      first: isSeparated || before === null || !isSameGroup(row, before),
      ...(row.replyTo !== undefined && { quote: rowById(room, row.replyTo) }),
      ...(names.length > 0 && { names }),
    }
    before = row
  }
  yield* presenceItemsOf(presence.slice(placed), lines)
}

function presenceItemsOf(lines: readonly PresenceLine[], shown: LinesShown): TimelineItem[] {
  if (shown === 'shown' && lines.length > 1) return lines.flatMap((line) => presenceItemsOf([line], shown))
  const [first] = lines
  const run = condensePresence(lines)
  if (first === undefined || run.joined.length + run.left.length + run.renamed.length === 0) return []
  return [{ kind: 'presence', key: `presence ${first.id}`, until: lines.at(-1)?.id ?? first.id, ...run }]
}
