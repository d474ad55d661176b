import { nameOf } from '../ui/avatar.ts'
import { banner } from './banner.ts'
import { composer } from '../composer/composer.ts'
import { messageList, type Place } from '../timeline/messageList.ts'
import { runText } from '../timeline/timelineRow.ts'
import { typing } from '../composer/typingLine.ts'
import { h } from '../ui/dom.ts'
import { condense, timelineItems } from '../timeline/timelineItems.ts'
import { unreadCountOf, isUnread } from '../state/unreadCounts.ts'
import { roomName } from '../state/roomName.ts'
import { typingText } from '../composer/typingText.ts'
import type { RoomState } from '../state/state.ts'
import { COMMANDS, commands, spoken } from '../composer/commands.ts'
import { showBanner } from './connectionBanner.ts'
import type { Context } from './context.ts'
import { emptyRoom, skeleton } from '../rooms/emptyRoom.ts'
import { focusSoon } from '../ui/focusSoon.ts'
import { untilLoaded } from '../ui/retryImport.ts'
import type { More, Parts } from './parts.ts'
import { placesOf } from '../rooms/visitedRooms.ts'
import { sidebar } from '../rooms/sidebar.ts'

/** A room as its people see it, at `seq` if one is named. Everything that goes on ends with `signal`. */
export function chatView(
  context: Context,
  { room, seq }: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions, router } = context
  const name = roomName(store.get(), room)
  const coarse = matchMedia('(pointer: coarse)').matches
  let items = timelineItems(store.get().settings.lines)

  const empty = emptyRoom()
  const bones = skeleton()
  let more: More | null = null
  const messages = messageList(
    { label: name, empty },
    {
      rich: null,
      older: () => actions.loadOlder(room),
      newer: () => actions.loadNewer(room),
      present: () => actions.showLiveEnd(room),
      act: (row) => more?.act(row) ?? false,
      retry(key) {
        const done = actions.retry(room, key)
        if (done !== true) write.say(done)
      },
      drop: (key) => actions.drop(room, key),
      edit(key, text) {
        const before = write.text()
        write.fill(before === '' ? text : `${before}\n${text}`)
        actions.saveDraft(room, write.text(), write.text().length)
        actions.drop(room, key)
        write.focus()
      },
      ended: () => more?.ended(),
      leave: () => write.focus(),
    },
    signal,
  )
  const write = composer(
    { room: name, coarse },
    {
      send(text) {
        touched = true
        if (more) return more.send(text)
        const said = spoken(text)
        if (said === null) return command(text)
        const taken = actions.send(room, said)
        messages.toEnd()
        return taken
      },
      key: (event) => more?.key(event) ?? false,
      changed(text, caret) {
        touched = true
        if (more?.changed() ?? true) actions.saveDraft(room, text, caret)
      },
      typing: (on) => actions.typing(room, on),
      page: (direction) => messages.page(direction),
    },
  )
  const help = () =>
    void import('./dialogs.ts').then(
      ({ openHelp }) => openHelp(COMMANDS, signal),
      () => write.say('This did not load. Reload the page to go on.'),
    )
  const command = commands(context, room, write, help)
  // A draft comes back unless something was written before it came.
  let touched = false
  void actions.draft(room).then(({ text, caret }) => {
    if (!signal.aborted && !touched && text !== '') write.fill(text, caret)
  })
  const types = typing()
  const line = banner({ retry: () => actions.reconnect() })

  const title = h('h1', { tabindex: -1 })
  const topic = h('p', { class: 'truncate text-meta text-muted', dir: 'auto' })
  const about = h('div', { class: 'topic-line' }, topic)
  const skip = h('a', { class: 'skip', href: '#message' }, 'Skip to writing')
  skip.addEventListener('click', (event) => {
    event.preventDefault()
    write.focus()
  })
  const shell = h('div', { class: 'shell' })
  const above = h('div', {})
  const options = h('div', { class: 'options' })
  const heading = h('header', { class: 'head' })
  const main = h('main', { class: 'contents' }, messages.element)
  messages.element.append(bones)
  const foot = h(
    'div',
    { class: 'foot' },
    h(
      'div',
      { class: 'column' },
      line.element,
      above,
      h('div', { class: 'foot-line' }, types.element, write.counter),
      write.element,
      write.fault,
    ),
  )
  const side = sidebar(
    context,
    { room, shell, rest: [skip, heading, main, foot] },
    { rooms: () => more?.rooms() },
    signal,
  )
  heading.append(h('div', { class: 'min-w-0 flex-1' }, title, about), side.toggle, options)
  main.append(foot)
  shell.append(skip, side.element, side.scrim, heading, main)

  // Where the reader stood when this entry of the history was left (U82).
  let back: Place | undefined = placeOf(router.remembered())
  const returned = back !== null
  function draw(state: RoomState | undefined): void {
    const all = items(state)
    const said = all.some((item) => item.kind === 'message')
    const { older = 'none', newer = 'none' } = state?.historyWindow ?? { older: state?.older }
    const bare = state === undefined || state.depth === 'counts'
    empty.hidden = said || bare || state.sync.state !== 'live' || older !== 'none'
    bones.hidden = said || !empty.hidden || older === 'failed'
    // Of a room that was only followed nothing older is asked for: its first page is on its way.
    messages.update({
      items: all,
      older: bare && !state?.historyWindow ? 'none' : older,
      newer,
      missed: (after) => missed(state, after),
    })
    const place = back
    if (!place || !said) return
    const here = all.some((item) => item.kind === 'message' && item.row.seq === place.seq)
    if (!here && (bare || state.sync.state !== 'live')) return
    back = undefined
    if (here) return messages.show(place)
    // After a reload it may be further up than what came.
    void actions.jumpTo(room, place.seq).then((reached) => {
      if (reached && !signal.aborted) messages.show(place)
    })
  }
  store.watch((state) => state.rooms[room], draw, signal)
  store.watch(
    (state) => state.rooms[room]?.typing,
    (all) => types.update(typingText(all ?? [])),
    signal,
  )
  store.watch(
    (state) => state.roomList.find((entry) => entry.room === room),
    (entry) => {
      const called = entry?.name ?? room
      title.replaceChildren(h('bdi', {}, called))
      write.name(called)
      messages.name(called)
      topic.textContent = entry?.topic ?? ''
      topic.hidden = topic.textContent === ''
    },
    signal,
  )
  store.watch((state) => blockedBy(state.rooms[room]), write.block, signal)
  store.watch(
    ({ settings }) => settings.enter,
    (enter) => write.enter(enter === 'device' ? !coarse : enter === 'sends'),
    signal,
  )
  store.watch(({ settings }) => settings.clock, messages.clock, signal)
  store.watch(
    ({ settings }) => settings.lines,
    (shown) => {
      items = timelineItems(shown)
      draw(store.get().rooms[room])
    },
    signal,
  )
  showBanner(
    context,
    line,
    { say: (words) => more?.spoken.say(words), warn: (words) => more?.spoken.warn(words) },
    signal,
  )
  const leave = () => {
    const place = messages.place()
    router.remember(place === null ? 'end' : `${place.seq} ${place.offset}`)
  }
  signal.addEventListener('abort', leave, { once: true })
  actions.openRoom(room)
  const parts: Omit<Parts, 'spoken'> = {
    heading,
    options,
    topic,
    messages,
    returned,
    empty,
    side,
    write,
    above,
    command,
    help,
    leave,
    shell,
    given: {
      condense,
      countOf: unreadCountOf,
      isUnread,
      nameOf,
      runText,
      untilLoaded,
      placesOf,
      spoken,
      COMMANDS,
    },
  }
  void untilLoaded(() => import('./roomFeatures.ts'), signal).then((loaded) => {
    if (loaded && !signal.aborted)
      more = loaded.furnish(context, { room, ...(seq !== undefined && { seq }) }, parts, signal)
  })

  // A9, T13: with a finger the focus on the field would open the keyboard over the room.
  focusSoon(coarse ? title : write.field, signal)
  return shell
}

/** Messages of others behind `after`. */
function missed(state: RoomState | undefined, after: number): number {
  return state?.rows.filter((row) => row.kind === 'message' && !row.own && (row.seq ?? 0) > after).length ?? 0
}

function placeOf(value: string | number | undefined): Place {
  const [seq, offset] = String(value ?? '')
    .split(' ', 2)
    .map(Number)
  return seq && offset !== undefined && Number.isFinite(offset) ? { seq, offset } : null
}

/** Why nobody, or I, may write here: what the server said to my newest message (U49). */
function blockedBy(state: RoomState | undefined): string | null {
  const last = state?.rows.findLast((row) => row.own)?.sendStatus
  if (last?.status !== 'failed') return null
  // prettier-ignore
  switch (last.reason) {
    case 'readOnly': return 'Nobody may write here now'
    case 'forbidden': return 'You may not write here'
    case 'notMember': return 'You are no longer in this room'
    default: return null
  }
}
