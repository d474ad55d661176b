import { assertNever } from '../../shared/assert.ts'
import type { User } from '../../shared/model.ts'
import { h, type View } from '../ui/dom.ts'
import { dayLabel, isolated, nameList } from '../ui/format.ts'
import type { TimelineItem, PresenceRun } from './timelineItems.ts'
import type { Row } from '../state/state.ts'
import { words } from '../words/words.ts'

type NonMessageItem = Exclude<TimelineItem, { kind: 'message' }>

/** More names than this are counted. */
const NAMED = 3

/** `Ann, Bo and 6 others joined, Eve left` (U64). */
export function presenceText({ joined, left, renamed }: PresenceRun): string {
  const names = (users: readonly User[]) =>
    nameList(
      users.map((user) => isolated(user.name)),
      NAMED,
    )
  return [
    joined.length > 0 && words.timeline.cameOnline(names(joined)),
    left.length > 0 && words.timeline.wentOffline(names(left)),
    ...renamed.map(({ user, before }) => words.timeline.renamed(isolated(before), isolated(user.name))),
  ]
    .filter(Boolean)
    .join(', ')
}

/** `Ann changed the topic: seeds`; what the server says, as it says it. */
function logLineText({ kind, user, text }: Row): string {
  if (kind === 'notice' || text === null) return text ?? ''
  const who = isolated(user.name)
  return text === '' ? words.timeline.topicRemoved(who) : words.timeline.topicChanged(who, isolated(text))
}

function textOf(item: NonMessageItem, now: number): string {
  // prettier-ignore
  switch (item.kind) {
    case 'day': return dayLabel(item.at, now)
    case 'presence': return presenceText(item)
    case 'logLine': return logLineText(item.row)
    case 'new': return words.timeline.new
    case 'begin': return item.olderRemoved ? words.timeline.olderRemoved : words.timeline.begin
    case 'resetNotice': return item.notice === 'away' ? words.timeline.someMayBeMissing : words.timeline.historyRestored
    default: return assertNever(item)
  }
}

/** What stands between messages: a day, who came and went, where the room begins. `now` in ms, asked at every drawing. */
export function timelineSeparator(first: NonMessageItem, now: () => number): View<TimelineItem> {
  const line = h('span', {})
  const element = h(
    'div',
    { class: first.kind === 'day' ? 'day' : first.kind === 'new' ? 'day new' : 'aside' },
    line,
  )
  const update = (item: TimelineItem) => {
    if (item.kind === 'message') return
    const text = textOf(item, now())
    if (line.textContent !== text) line.textContent = text
  }
  update(first)
  return { element, update }
}
