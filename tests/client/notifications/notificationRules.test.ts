import { afterEach, expect, test } from 'bun:test'
import {
  createNotifier,
  type NotificationContent,
  type Notifier,
} from '../../../src/client/notifications/notificationRules.ts'
import { electLeader } from '../../../src/client/notifications/tabLeader.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src/client/state/state.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { loadMarkdown, plainText } from '../../../src/client/timeline/formatText.ts'
import type { RoomEvent } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  connectionIs,
  event,
  firstPage,
  listed,
  NOON,
  numbers,
  page,
  said,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { someLocks } from '../../support/client/someLocks.ts'
import { eventually } from '../../support/eventually.ts'

let pages = new AbortController()
function endPages() {
  pages.abort()
  pages = new AbortController()
}
afterEach(endPages)

const framesReceived = (...frames: ServerFrame[]): StateChange => ({
  type: 'framesReceived',
  frames,
  now: NOON,
})

interface Tab {
  store: ReturnType<typeof createStore>
  notifier: Notifier
  /** the room that is looked at in this tab */
  attended: string | null
}

/** Ada's tabs in lobby and kitchen; the first is the leader, and none is looked at. */
function someTabs(count: number, settings: Partial<Settings> = {}) {
  const time = fakeTime()
  const shown = new Map<string, NotificationContent>()
  const counts = { notified: 0, sounds: 0 }
  const tabs: Tab[] = []
  let leader = 0
  const tabAt = (index: number) => tabs[index] ?? tabs[0]!

  function startNotifier(index: number, store: Tab['store']): Notifier {
    return createNotifier(
      store,
      {
        now: time.now,
        after: time.after,
        isAttended: (room) => tabs[index]?.attended === room,
        leads: () => index === leader,
        plainText,
        say: (message) => tabs.forEach((tab, other) => other !== index && tab.notifier.hear(message)),
        show(notification, closed) {
          counts.notified += 1
          shown.set(notification.id, notification)
          return () => {
            shown.delete(notification.id)
            closed()
          }
        },
        sound: () => (counts.sounds += 1),
      },
      pages.signal,
    )
  }

  function dispatch(...changes: StateChange[]): void {
    for (const { store } of tabs) for (const change of changes) store.dispatch(change)
  }

  for (const index of numbers(0, count - 1)) {
    const store = createStore(reduce)
    tabs.push({ store, notifier: startNotifier(index, store), attended: null })
  }
  const chosen = { ...DEFAULT_SETTINGS, notify: 'on', sound: 'on', ...settings } as const
  dispatch(framesReceived(welcome), connectionIs('live'), { type: 'settingsChanged', settings: chosen })
  for (const room of ['lobby', 'kitchen'])
    dispatch(
      { type: 'roomOpened', room },
      { type: 'syncRequested', room },
      framesReceived(firstPage([said(1)], { room, you })),
    )
  return {
    time,
    counts,
    dispatch,
    attend: (index: number, room: string | null) => (tabAt(index).attended = room),
    restart: (index: number) => (tabAt(index).notifier = startNotifier(index, tabAt(index).store)),
    lead: (index: number) => (leader = index),
    /** Only this tab receives the event so far. */
    receive: (index: number, of: RoomEvent) => tabAt(index).store.dispatch(framesReceived(event(of))),
    /** All tabs receive the event, and the notifier has asked the other tabs. */
    say(of: RoomEvent, room = 'lobby') {
      dispatch(framesReceived(event(of, room)))
      time.pass(400)
    },
    shownIds: () => [...shown.keys()],
    content: (id: string) => shown.get(id),
  }
}

test('[U76] one of three tabs notifies, with person, room and text', () => {
  const tabs = someTabs(3)
  tabs.say(said(2, { text: ' Tea?\n' }), 'kitchen')
  expect(tabs.counts).toEqual({ notified: 1, sounds: 1 })
  const content = { id: 'id-2', room: 'kitchen', seq: 2, title: 'Bob in kitchen', body: 'Tea?' }
  expect(tabs.content('id-2')).toEqual(content)
})

test('[U76] a room that is looked at in any tab is not notified, another room is', () => {
  for (const index of [0, 2]) {
    const tabs = someTabs(3)
    tabs.attend(index, 'lobby')
    tabs.say(said(2))
    expect(tabs.counts).toEqual({ notified: 0, sounds: 0 })
    tabs.say(said(2, { id: 'kitchen-2' }), 'kitchen')
    expect(tabs.shownIds()).toEqual(['kitchen-2'])
    tabs.attend(index, null)
    tabs.say(said(3))
    expect(tabs.shownIds()).toEqual(['kitchen-2', 'id-3'])
    endPages()
  }
})

test('[U76] a room that is looked at is not notified if its message comes later to that tab', () => {
  const tabs = someTabs(3)
  tabs.attend(2, 'lobby')
  tabs.receive(0, said(2))
  tabs.time.pass(3_000)
  for (const index of [1, 2]) tabs.receive(index, said(2))
  tabs.time.pass(20_000)
  expect(tabs.counts).toEqual({ notified: 0, sounds: 0 })
  tabs.attend(2, 'kitchen')
  tabs.receive(0, said(3))
  tabs.time.pass(400)
  expect(tabs.shownIds()).toEqual(['id-3'])
})

test('[U76] a message that came while the leader was disconnected is notified once by the next leader', () => {
  const tabs = someTabs(3)
  for (const index of [1, 2]) tabs.receive(index, said(2))
  tabs.time.pass(5_000)
  tabs.lead(1)
  tabs.time.pass(10_000)
  expect(tabs.counts).toEqual({ notified: 1, sounds: 1 })
  tabs.receive(0, said(2))
  tabs.lead(0)
  tabs.time.pass(10_000)
  expect(tabs.counts.notified).toBe(1)
  tabs.say(said(3))
  tabs.lead(2)
  tabs.time.pass(10_000)
  expect(tabs.counts.notified).toBe(2)
})

test('[U76] the leader is a tab with a live connection, and is replaced after five seconds without one', async () => {
  const time = fakeTime()
  const locks = someLocks()
  const aTab = () => {
    const store = createStore(reduce)
    const isLeader = electLeader(store, { after: time.after, locks }, pages.signal)
    return {
      isLeader,
      connect: (isLive: boolean) => store.dispatch(connectionIs(isLive ? 'live' : 'waiting')),
    }
  }
  const [one, two] = [aTab(), aTab()]
  const leaders = () => [one.isLeader(), two.isLeader()]
  two.connect(true)
  await eventually('the second leads, as the first is not live', two.isLeader)
  one.connect(true)
  two.connect(false)
  time.pass(4_999)
  two.connect(true)
  time.pass(10_000)
  expect(leaders()).toEqual([false, true])
  two.connect(false)
  time.pass(5_000)
  await eventually('the first leads', one.isLeader)
  two.connect(true)
  time.pass(10_000)
  expect(leaders()).toEqual([true, false])
  pages.abort()
  expect(leaders()).toEqual([false, false])
})

test('[U76, U185] where the browser refuses locks every live tab is a leader', async () => {
  const store = createStore(reduce)
  const locks = { request: () => Promise.reject(new DOMException('no', 'SecurityError')) }
  const isLeader = electLeader(store, { after: fakeTime().after, locks }, pages.signal)
  store.dispatch(connectionIs('live'))
  await eventually('it leads', isLeader)
})

test('[U76] a notification closes when its message is read or deleted, access is lost, or I sign out', () => {
  const tabs = someTabs(2)
  for (const seq of [2, 3, 4]) tabs.say(said(seq))
  tabs.dispatch({ type: 'readUpTo', room: 'lobby', seq: 3 })
  expect(tabs.shownIds()).toEqual(['id-4'])
  tabs.say({ ...said(5), kind: 'delete', target: 'id-4', by: 'author' } as never)
  expect(tabs.shownIds()).toEqual([])
  tabs.say(said(6))
  tabs.say(said(2, { id: 'kitchen-2' }), 'kitchen')
  tabs.dispatch(framesReceived({ type: 'reset', room: 'lobby', reason: 'access' }))
  expect(tabs.shownIds()).toEqual(['kitchen-2'])
  tabs.dispatch({ type: 'signedOut' })
  expect(tabs.shownIds()).toEqual([])
})

test('[U76] settings and the room’s level choose the messages; by default none is notified', () => {
  const shownWith = (settings: Partial<Settings>) => {
    const tabs = someTabs(1, settings)
    tabs.say(said(2))
    tabs.say(said(3, { text: '@Ada look' }))
    return tabs.shownIds()
  }
  expect(shownWith({})).toEqual(['id-2', 'id-3'])
  expect(shownWith({ level: 'mentions' })).toEqual(['id-3'])
  expect(shownWith({ level: 'nothing' })).toEqual([])
  expect(shownWith({ levels: { lobby: 'nothing' } })).toEqual([])
  expect(shownWith({ level: 'nothing', levels: { lobby: 'mentions' } })).toEqual(['id-3'])
  expect(shownWith({ notify: 'off' })).toEqual([])
  expect(DEFAULT_SETTINGS).toMatchObject({ notify: 'off', sound: 'off' })
})

test('[U76] a hundred messages in two seconds make one sound and leave five notifications open', () => {
  const tabs = someTabs(3)
  for (const seq of numbers(2, 101)) {
    tabs.dispatch(framesReceived(event(said(seq))))
    tabs.time.pass(20)
  }
  tabs.time.pass(400)
  expect(tabs.counts).toEqual({ notified: 100, sounds: 1 })
  expect(tabs.shownIds()).toEqual(numbers(97, 101).map((seq) => `id-${seq}`))
  tabs.time.pass(3_000)
  tabs.say(said(102))
  expect(tabs.counts.sounds).toBe(2)
})

test('[U76] my messages and a first page are not notified; messages missed while disconnected are', () => {
  const tabs = someTabs(1)
  tabs.say(said(2, { user: ada }))
  expect(tabs.counts.notified).toBe(0)
  tabs.dispatch(
    connectionIs('waiting'),
    connectionIs('live'),
    { type: 'syncRequested', room: 'lobby' },
    framesReceived(page([said(3), said(4)], { you: { ...you, unread: 2 } })),
  )
  tabs.time.pass(400)
  expect(tabs.shownIds()).toEqual(['id-3', 'id-4'])
})

test('[U76] messages that came before the notifications chunk was loaded are notified', () => {
  const tabs = someTabs(1)
  endPages()
  tabs.say(said(2))
  tabs.say(said(3))
  expect(tabs.shownIds()).toEqual([])
  tabs.restart(0)
  tabs.time.pass(400)
  expect(tabs.shownIds()).toEqual(['id-2', 'id-3'])
})

test('[U76, T12] names keep their direction, and a long text is cut between words or letters', () => {
  const tabs = someTabs(1)
  tabs.dispatch({ type: 'roomListChanged', roomList: [listed('lobby', { name: 'مطبخ' })] })
  tabs.say(said(2, { user: { id: 'm1', name: 'محمد' }, text: 'word '.repeat(100) }))
  expect(tabs.content('id-2')?.title).toBe('\u2068محمد\u2069 in \u2068مطبخ\u2069')
  expect(tabs.content('id-2')?.body).toBe(`${'word '.repeat(40).trim()}…`)
  tabs.say(said(3, { text: '👍'.repeat(300) }))
  expect(tabs.content('id-3')?.body).toBe(`${'👍'.repeat(200)}…`)
})

test('[U163, U166] a notification has the words of a text without marks, and says who waves', async () => {
  await loadMarkdown()
  const tabs = someTabs(1)
  tabs.say(said(2, { user: { id: 'm1', name: 'Mira' }, text: '/me *waves*' }))
  expect(tabs.content('id-2')?.body).toBe('Mira waves')
  tabs.say(said(3, { text: '- **one**\n- two' }))
  expect(tabs.content('id-3')?.body).toBe('one\ntwo')
})
