import { LIMITS } from '../../shared/limits.ts'
import type { Activity, Person, User } from '../../shared/model.ts'
import type { Members, ServerFrame } from '../../shared/protocol.ts'
import { after, isUnsettled, namesOf, settle, type Happening, type Here, type News } from './presenceEntry.ts'

/** The people of one room. */
interface Crowd {
  /** of the last `presence` frame */
  version: number
  /** by user, the longest here first */
  readonly people: Map<string, Here>
  /** of whom there may be something to tell */
  readonly unsettled: Set<string>
  /** people the others have been told of */
  told: number
  /** too many: nobody is told of single people */
  large: boolean
  /** those the others know, as they are named to who comes; null: to be looked up again */
  named: readonly Person[] | null
}

/** One connection: whose, and what it says of them. */
interface Tab {
  readonly user: string
  rooms: readonly string[]
  state: Activity
}

/**
 * Who is here, by connection: a person is here while one of theirs lives, and active while one of them is. Each room gets
 * at most one frame a `tick`, and one more for each who leaves on purpose. All times are ms of the hub's steady time.
 */
export class Presence {
  readonly #rooms = new Map<string, Crowd>()
  readonly #tabs = new Map<string, Tab>()
  readonly #tabsOf = new Map<string, readonly Tab[]>()
  /** rooms with somebody unsettled */
  readonly #restless = new Set<string>()
  readonly #tell: (room: string, frame: ServerFrame) => void

  constructor(tell: (room: string, frame: ServerFrame) => void) {
    this.#tell = tell
  }

  /** A connection says who it is; it is in no room yet, but its person may be active by it. */
  open(connection: string, user: string, state: Activity, now: number): void {
    const tab: Tab = { user, state, rooms: [] }
    this.#tabs.set(connection, tab)
    this.#tabsOf.set(user, [...(this.#tabsOf.get(user) ?? []), tab])
    this.#stateOf(user, now)
  }

  /** A connection enters a room; once is enough. */
  enter(room: string, connection: string, user: User, now: number): void {
    const tab = this.#tabs.get(connection)
    if (!tab || tab.rooms.includes(room)) return
    tab.rooms = [...tab.rooms, room]
    let crowd = this.#rooms.get(room)
    if (!crowd) {
      crowd = { version: 0, people: new Map(), unsettled: new Set(), told: 0, large: false, named: null }
      this.#rooms.set(room, crowd)
    }
    const { id, name } = user
    this.#happen(room, id, { type: 'came', user: { id, name }, state: this.#activity(id), now })
  }

  /** A connection ended: its person is gone at `until` (ms), unless they come back before. */
  close(connection: string, now: number, until: number): void {
    const tab = this.#tabs.get(connection)
    if (!tab) return
    this.#tabs.delete(connection)
    const others = this.#tabsOf.get(tab.user)?.filter((one) => one !== tab) ?? []
    if (others.length > 0) this.#tabsOf.set(tab.user, others)
    else this.#tabsOf.delete(tab.user)
    for (const room of tab.rooms) this.#happen(room, tab.user, { type: 'went', until })
    if (this.#tabsOf.has(tab.user)) this.#stateOf(tab.user, now)
  }

  /** A person leaves a room with all their connections; the others hear it at once. */
  leave(room: string, user: string): void {
    for (const tab of this.#tabsOf.get(user) ?? []) tab.rooms = tab.rooms.filter((one) => one !== room)
    const crowd = this.#rooms.get(room)
    const here = crowd?.people.get(user)
    if (!crowd || !here) return
    this.#put(room, crowd, user, null)
    if (here.told) this.#announce(room, crowd, [{ type: 'left', id: user }])
  }

  /** A person leaves every room at once, as on sign-out. */
  leaveAll(user: string): void {
    for (const room of [...this.#rooms.keys()]) this.leave(room, user)
  }

  /** What one connection says of its person. */
  state(connection: string, state: Activity, now: number): void {
    const tab = this.#tabs.get(connection)
    if (!tab || tab.state === state) return
    tab.state = state
    this.#stateOf(tab.user, now)
  }

  /** A person has another name: told with the next tick. */
  rename({ id, name }: User): void {
    for (const room of this.#rooms.keys()) this.#happen(room, id, { type: 'renamed', name })
  }

  /** The room as somebody sees it who comes now: what the others know, and themselves. */
  members(room: string, self: string): Members {
    const crowd = this.#rooms.get(room)
    if (!crowd) return { version: 0, count: 0, full: [] }
    const me = crowd.people.get(self)
    const full = [...this.#named(crowd)]
    const count = crowd.told + (me && !me.told ? 1 : 0)
    if (me && !full.some(({ id }) => id === self)) {
      if (full.length >= LIMITS.crowdNamed && crowd.large) full.pop()
      full.push(me.told ?? { ...me.user, state: me.state })
    }
    return { version: crowd.version, count, full }
  }

  /** People of a room, those included whom the others have not heard of yet. */
  count(room: string): number {
    return this.#rooms.get(room)?.people.size ?? 0
  }

  /** Rooms that are not empty, and how many people are in each. */
  *counts(): Iterable<[room: string, count: number]> {
    for (const [room, { people }] of this.#rooms) yield [room, people.size]
  }

  /** Does this room's count come with `beat`? */
  isLarge(room: string): boolean {
    return this.#rooms.get(room)?.large ?? false
  }

  /** Tells each room, in one frame, what has settled by `now` (ms). */
  tick(now: number): void {
    for (const room of this.#restless) {
      const crowd = this.#rooms.get(room)
      const news = crowd ? this.#settled(room, crowd, now) : []
      if (crowd && news.length > 0) this.#announce(room, crowd, news)
      if (!crowd || crowd.unsettled.size === 0) this.#restless.delete(room)
    }
  }

  #settled(room: string, crowd: Crowd, now: number): News[] {
    const all: News[] = []
    for (const id of crowd.unsettled) {
      const here = crowd.people.get(id)
      const { here: then, news } = here ? settle(here, now) : { here: null, news: null }
      this.#put(room, crowd, id, then)
      if (news) all.push(news)
    }
    return all
  }

  /** One frame: the news, or everybody, where the room has just become a crowd or is none any more. In a crowd, nothing. */
  #announce(room: string, crowd: Crowd, news: readonly News[]): void {
    const was = crowd.large
    crowd.large = was ? crowd.told >= LIMITS.crowdEnds : crowd.told > LIMITS.crowd
    if (was !== crowd.large) crowd.named = null
    if (was && crowd.large) return
    crowd.version += 1
    const { version, told: count } = crowd
    const names = was === crowd.large ? namesOf(news) : { full: [...this.#named(crowd)] }
    this.#tell(room, { type: 'presence', room, version, count, ...names })
  }

  /** Those the others know, in a crowd the longest here alone. */
  #named(crowd: Crowd): readonly Person[] {
    if (crowd.named !== null) return crowd.named
    const full: Person[] = []
    for (const { told } of crowd.people.values()) {
      if (crowd.large && full.length >= LIMITS.crowdNamed) break
      if (told) full.push(told)
    }
    crowd.named = full
    return full
  }

  #happen(room: string, user: string, what: Happening): void {
    const crowd = this.#rooms.get(room)
    const here = crowd?.people.get(user) ?? null
    const then = after(here, what)
    if (crowd && then && then !== here) this.#put(room, crowd, user, then)
  }

  #put(room: string, crowd: Crowd, user: string, then: Here | null): void {
    const before = crowd.people.get(user)
    crowd.told += (then?.told ? 1 : 0) - (before?.told ? 1 : 0)
    if ((then?.told ?? null) !== (before?.told ?? null)) crowd.named = null
    if (then) crowd.people.set(user, then)
    else crowd.people.delete(user)
    if (then && isUnsettled(then)) {
      crowd.unsettled.add(user)
      this.#restless.add(room)
    } else crowd.unsettled.delete(user)
    // A room nobody is in has no followers either: its version may begin anew.
    if (crowd.people.size === 0) this.#rooms.delete(room)
  }

  #stateOf(user: string, now: number): void {
    const state = this.#activity(user)
    const rooms = new Set<string>()
    for (const tab of this.#tabsOf.get(user) ?? []) for (const room of tab.rooms) rooms.add(room)
    for (const room of rooms) this.#happen(room, user, { type: 'state', state, now })
  }

  #activity(user: string): Activity {
    for (const { state } of this.#tabsOf.get(user) ?? []) if (state === 'active') return 'active'
    return 'idle'
  }
}
