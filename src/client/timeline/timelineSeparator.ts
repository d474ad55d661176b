import { assertNever } from '../../shared/assert.ts'
import type { User } from '../../shared/model.ts'
import { button, h, type View } from '../ui/dom.ts'
import { dayLabel, isolated, nameList } from '../ui/format.ts'
import type { TimelineItem, PresenceRun } from './timelineItems.ts'
import type { Row } from '../state/state.ts'
import { words } from '../words/words.ts'

type NonMessageItem = Exclude<TimelineItem, { kind: 'message' }>

/** A line names this many people and counts the others. */
const MAX_NAMES = 3

/** `Ann, Bo and 6 others came online, Eve went offline` (U64) */
export function presenceText({ joined, left, renamed }: PresenceRun): string {
  const { cameOnline, wentOffline, renamed: isNow } = words.timeline
  const nameOf = ({ name }: User) => isolated(name)
  const names = (users: readonly User[]) => nameList(users.map(nameOf), MAX_NAMES)
  return [
    ...(joined.length > 0 ? [cameOnline(names(joined))] : []),
    ...(left.length > 0 ? [wentOffline(names(left))] : []),
    ...renamed.map(({ user, before }) => isNow(isolated(before), isolated(user.name))),
  ].join(', ')
}

/** `Ann changed the topic: seeds`; a notice of the server as the server words it. */
function logLineText({ kind, user, text }: Row): string {
  if (kind === 'notice' || text === null) return text ?? ''
  const name = isolated(user.name)
  return text === '' ? words.timeline.topicRemoved(name) : words.timeline.topicChanged(name, isolated(text))
}

function textOf(item: NonMessageItem, roomName: string): string {
  // prettier-ignore
  switch (item.kind) {
    case 'day': return dayLabel(item.at, Date.now())
    case 'presence': return presenceText(item)
    case 'logLine': return logLineText(item.row)
    case 'new': return words.timeline.new
    case 'begin': return item.olderRemoved ? words.timeline.olderRemoved : words.timeline.begin(isolated(roomName))
    case 'resetNotice': return item.notice === 'away' ? words.timeline.someMayBeMissing : words.timeline.historyRestored
    default: return assertNever(item)
  }
}

/** A line between messages: a day, presence, the start of the room. An update draws what midnight or a new room name changed. */
export function timelineSeparator(
  initial: NonMessageItem,
  on: {
    /** The day line of this time (ms) was pressed. */
    pickDay(at: number): void
    roomName(): string
  },
): View<TimelineItem> {
  const { kind } = initial
  // No Tab stop: the room's menu offers the same.
  const line =
    initial.kind === 'day'
      ? button(null, () => on.pickDay(initial.at), {
          class: 'hit hover:underline',
          tabindex: -1,
          'aria-haspopup': 'dialog',
          title: words.timeline.jumpToDate,
        })
      : h('span')
  // Headings, so that a screen reader can jump from day to day and to the first unread message.
  const isHeading = kind === 'day' || kind === 'new'
  const element = isHeading
    ? h('h2', { class: kind === 'new' ? 'day new' : 'day' }, line)
    : h('div', { class: 'aside' }, line)
  const update = (item: TimelineItem) => {
    if (item.kind !== 'message') line.textContent = textOf(item, on.roomName())
  }
  update(initial)
  return { element, update }
}

/** Grey shapes in place of messages, shown only once loading takes noticeably long (U85). */
export function skeleton(): HTMLElement {
  const bones = ['w-1/2', 'w-2/3', 'w-1/3', 'w-3/5'].map((width) => {
    const disc = h('i', { class: 'size-(--avatar) rounded-full bg-line/60' })
    const line = h('i', { class: `h-3 rounded-small bg-line/60 ${width}` })
    return h('div', { class: 'flex items-center gap-3 py-2' }, disc, line)
  })
  const style = 'late pointer-events-none absolute inset-x-0 inset-be-2'
  return h('div', { class: style, 'aria-hidden': 'true' }, h('div', { class: 'column' }, ...bones))
}
