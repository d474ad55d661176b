import { afterEach, describe, expect, test } from 'bun:test'
import { createStore } from '../../../src/client/state/store.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src/client/state/state.ts'
import { leadsTabs } from '../../../src/client/notifications/tabLeader.ts'
import {
  createNotifier,
  type NotificationContent,
  type Notifier,
} from '../../../src/client/notifications/notificationRules.ts'
import type { RoomEvent } from '../../../src/shared/model.ts'
import {
  ada,
  event,
  firstPage,
  NOON,
  numbers,
  page,
  said,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { someLocks } from '../../support/client/someLocks.ts'

let ended = new AbortController()
afterEach(() => {
  ended.abort()
  ended = new AbortController()
})

const LIVE = { state: 'live' } as const
const LOST = { state: 'waiting', until: NOON, since: NOON, attempt: 1, announced: false } as const
const ON: Settings = { ...DEFAULT_SETTINGS, notify: 'on', sound: 'on' }

/** Ada's tabs in lobby and kitchen, the first of which tells for all; none is looked at. */
function tabs(count: number, settings: Settings = ON) {
  const time = fakeTime()
  const shown = new Map<string, NotificationContent>()
  const all: { store: ReturnType<typeof createStore>; notifier: Notifier; front: string | null }[] = []
  let notified = 0
  let sounds = 0
  let leader = 0
  for (const at of numbers(0, count - 1)) {
    const store = createStore()
    store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
    store.dispatch({ type: 'connectionChanged', connection: { state: 'live' }, now: NOON })
    store.dispatch({ type: 'settingsChanged', settings })
    all.push({ store, notifier: notifierOf(at, store), front: null })
  }
  function notifierOf(at: number, store: ReturnType<typeof createStore>): Notifier {
    return createNotifier(
      store,
      {
        now: time.now,
        after: time.after,
        isAttended: (room) => all[at]?.front === room,
        leads: () => at === leader,
        say: (message) => all.forEach((tab) => tab !== all[at] && tab.notifier.hear(message)),
        show(note, closed) {
          notified += 1
          shown.set(note.id, note)
          return () => {
            shown.delete(note.id)
            closed()
          }
        },
        sound: () => void (sounds += 1),
      },
      ended.signal,
    )
  }
  const everywhere = (...actions: Parameters<ReturnType<typeof createStore>['dispatch']>[0][]) =>
    all.forEach(({ store }) => actions.forEach((action) => store.dispatch(action)))
  for (const room of ['lobby', 'kitchen'])
    everywhere(
      { type: 'roomOpened', room },
      { type: 'syncRequested', room, now: NOON },
      { type: 'framesReceived', frames: [firstPage([said(1)], { room, you })], now: NOON },
    )
  return {
    time,
    everywhere,
    front: (tab: number, room: string | null) => {
      const one = all[tab]
      if (one) one.front = room
    },
    /** The tab's notifier comes anew, with the state as it is. */
    startAgain(tab: number) {
      const one = all[tab]
      if (one) one.notifier = notifierOf(tab, one.store)
    },
    lead: (tab: number) => void (leader = tab),
    /** Only this tab hears it, as yet. */
    hears: (tab: number, of: RoomEvent) =>
      all[tab]?.store.dispatch({ type: 'framesReceived', frames: [event(of)], now: NOON }),
    /** All tabs hear it, and what follows from that has happened. */
    say(of: RoomEvent, room = 'lobby') {
      everywhere({ type: 'framesReceived', frames: [event(of, room)], now: NOON })
      time.pass(400)
    },
    shown: () => [...shown.keys()],
    note: (id: string) => shown.get(id),
    counts: () => ({ notified, sounds }),
  }
}

describe('notifications', () => {
  test('[U76] of three tabs one tells, and says who, where and what', () => {
    const it = tabs(3)
    it.say(said(2, { text: ' Tea?\n' }), 'kitchen')
    expect(it.counts()).toEqual({ notified: 1, sounds: 1 })
    expect(it.note('id-2')).toEqual({
      id: 'id-2',
      room: 'kitchen',
      seq: 2,
      title: 'Bob in kitchen',
      body: 'Tea?',
    })
  })

  test('[U76] what one looks at is not told, whichever tab that is; another room is', () => {
    for (const tab of [0, 2]) {
      const it = tabs(3)
      it.front(tab, 'lobby')
      it.say(said(2))
      expect(it.counts()).toEqual({ notified: 0, sounds: 0 })
      it.say(said(2, { id: 'there' }), 'kitchen')
      expect(it.shown()).toEqual(['there'])
      it.front(tab, null)
      it.say(said(3))
      expect(it.shown()).toEqual(['there', 'id-3'])
      ended.abort()
      ended = new AbortController()
    }
  })

  test('[U76] what comes later to the tab where its room is looked at is not told; away from the live end it is', () => {
    const it = tabs(3)
    it.front(2, 'lobby')
    it.hears(0, said(2))
    it.time.pass(3_000)
    it.hears(2, said(2))
    it.hears(1, said(2))
    it.time.pass(20_000)
    expect(it.counts()).toEqual({ notified: 0, sounds: 0 })
    it.front(2, 'kitchen')
    it.hears(0, said(3))
    it.time.pass(400)
    expect(it.shown()).toEqual(['id-3'])
  })

  test('[U76] what came while the tab that tells was cut off is told by the one in its place, once', () => {
    const it = tabs(3)
    it.hears(1, said(2))
    it.hears(2, said(2))
    it.time.pass(5_000)
    it.lead(1)
    it.time.pass(10_000)
    expect(it.counts()).toEqual({ notified: 1, sounds: 1 })
    it.hears(0, said(2))
    it.lead(0)
    it.time.pass(10_000)
    expect(it.counts().notified).toBe(1)
    it.say(said(3))
    it.lead(2)
    it.time.pass(10_000)
    expect(it.counts().notified).toBe(2)
  })

  test('[U76] of the tabs whose connection lives one tells; cut off for seconds it lets go', async () => {
    const time = fakeTime()
    const locks = someLocks()
    const all = numbers(1, 2).map(() => {
      const store = createStore()
      const live = (is: boolean) =>
        store.dispatch({ type: 'connectionChanged', connection: is ? LIVE : LOST, now: NOON })
      return { live, leads: leadsTabs(store, { after: time.after, locks }, ended.signal) }
    })
    const [one, two] = all
    const who = () => all.map(({ leads }) => leads())
    two?.live(true)
    await eventually('the second, as the first is not live', () => two?.leads() === true)
    one?.live(true)
    two?.live(false)
    time.pass(4_999)
    expect(who()).toEqual([false, true])
    two?.live(true)
    time.pass(10_000)
    expect(who()).toEqual([false, true])
    two?.live(false)
    time.pass(5_000)
    await eventually('the first', () => one?.leads() === true)
    two?.live(true)
    time.pass(10_000)
    expect(who()).toEqual([true, false])
    ended.abort()
    expect(who()).toEqual([false, false])
  })

  test('[U76] read in another tab, deleted, or signed out, it goes; another stays', () => {
    const it = tabs(2)
    for (const seq of [2, 3, 4]) it.say(said(seq))
    it.everywhere({ type: 'readUpTo', room: 'lobby', seq: 3 })
    expect(it.shown()).toEqual(['id-4'])
    it.say({ ...said(5), kind: 'delete', target: 'id-4', by: 'author' } as never)
    expect(it.shown()).toEqual([])
    it.say(said(6))
    it.say(said(2, { id: 'there' }), 'kitchen')
    it.everywhere({
      type: 'framesReceived',
      frames: [{ type: 'reset', room: 'lobby', reason: 'access' }],
      now: NOON,
    })
    expect(it.shown()).toEqual(['there'])
    it.everywhere({ type: 'signedOut' })
    expect(it.shown()).toEqual([])
  })

  test('[U76] the room’s level says what is told; nothing is told before it was chosen', () => {
    const told = (settings: Partial<Settings>) => {
      const it = tabs(1, { ...ON, ...settings })
      it.say(said(2))
      it.say(said(3, { text: '@Ada look' }))
      return it.shown()
    }
    const levels = { lobby: 'nothing' } as const
    expect(told({})).toEqual(['id-2', 'id-3'])
    expect(told({ level: 'mentions' })).toEqual(['id-3'])
    expect(told({ level: 'nothing' })).toEqual([])
    expect(told({ levels })).toEqual([])
    expect(told({ level: 'nothing', levels: { lobby: 'mentions' } })).toEqual(['id-3'])
    expect(told({ notify: 'off' })).toEqual([])
    const usual = tabs(1, DEFAULT_SETTINGS)
    usual.say(said(2))
    expect(usual.counts()).toEqual({ notified: 0, sounds: 0 })
  })

  test('[U76] a hundred messages in two seconds are one sound, and few stand on show', () => {
    const it = tabs(3)
    for (const seq of numbers(2, 101)) {
      it.everywhere({ type: 'framesReceived', frames: [event(said(seq))], now: NOON })
      it.time.pass(20)
    }
    it.time.pass(400)
    expect(it.counts()).toEqual({ notified: 100, sounds: 1 })
    expect(it.shown()).toEqual(numbers(97, 101).map((seq) => `id-${seq}`))
    it.time.pass(3_000)
    it.say(said(102))
    expect(it.counts().sounds).toBe(2)
  })

  test('[U76] mine is not told, nor what was there before; what came while the connection was lost is', () => {
    const it = tabs(1)
    it.say(said(2, { user: ada }))
    expect(it.counts().notified).toBe(0)
    it.everywhere(
      { type: 'connectionChanged', connection: LOST, now: NOON },
      { type: 'connectionChanged', connection: LIVE, now: NOON },
      { type: 'syncRequested', room: 'lobby', now: NOON },
      {
        type: 'framesReceived',
        frames: [page([said(3), said(4)], { you: { ...you, unread: 2 } })],
        now: NOON,
      },
    )
    it.time.pass(400)
    expect(it.shown()).toEqual(['id-3', 'id-4'])
  })

  test('[U76] what came before this chunk did is told, unless it was in the room’s first page', () => {
    const it = tabs(1)
    ended.abort()
    ended = new AbortController()
    it.say(said(2))
    it.say(said(3))
    expect(it.shown()).toEqual([])
    it.startAgain(0)
    it.time.pass(400)
    expect(it.shown()).toEqual(['id-2', 'id-3'])
  })

  test('[U76, T12] names keep their direction, and a long text is cut between words', () => {
    const it = tabs(1)
    it.everywhere({
      type: 'roomListChanged',
      roomList: [
        {
          room: 'lobby',
          name: 'مطبخ',
          topic: '',
          kind: 'public',
          joined: true,
          role: 'guest',
          count: 2,
          head: 1,
        },
      ],
    })
    it.say(said(2, { user: { id: 'm1', name: 'محمد' }, text: 'word '.repeat(100) }))
    expect(it.note('id-2')?.title).toBe('\u2068محمد\u2069 in \u2068مطبخ\u2069')
    expect(it.note('id-2')?.body).toBe(`${'word '.repeat(40).trim()}…`)
    it.say(said(3, { text: '👍'.repeat(300) }))
    expect(it.note('id-3')?.body).toBe(`${'👍'.repeat(200)}…`)
  })
})
