/** One person in one room, as a value: what happens to them, and what the others must be told of it. */
import { TIMES } from '../../shared/limits.ts'
import type { Activity, Person, User } from '../../shared/model.ts'
import type { Presence } from '../../shared/protocol.ts'

export interface Here {
  readonly user: User
  /** connections of theirs in this room */
  readonly tabs: number
  /** what holds now, and since when (ms) */
  readonly state: Activity
  readonly since: number
  /** no connection is left: when they are gone (ms) */
  readonly leaves: number | null
  /** as the others know them; null: they have not heard of them */
  readonly told: Person | null
}

export type Happening =
  | { type: 'came'; user: User; state: Activity; now: number }
  /** one connection fewer; were it the last, they are gone at `until` (ms) */
  | { type: 'went'; until: number }
  | { type: 'state'; state: Activity; now: number }
  | { type: 'renamed'; name: string }

/** One thing to tell a room. */
export type News =
  | { type: 'joined'; person: Person }
  | { type: 'left'; id: string }
  | { type: 'changed'; id: string; name?: string; state?: Activity }

/** The person after it happened; nobody (null) only becomes somebody by coming. "Nothing changed" is `===`. */
export function after(here: Here | null, what: Happening): Here | null {
  if (what.type === 'came') return came(here, what)
  if (here === null) return null
  switch (what.type) {
    case 'went': {
      const tabs = Math.max(0, here.tabs - 1)
      return { ...here, tabs, leaves: tabs === 0 ? what.until : here.leaves }
    }
    case 'state':
      return here.state === what.state ? here : { ...here, state: what.state, since: what.now }
    case 'renamed':
      return here.user.name === what.name ? here : { ...here, user: { ...here.user, name: what.name } }
  }
}

/**
 * What the room is told at `now` (ms), and the person afterwards: null when they are gone. A state counts once it has
 * held for 5 s; who comes and goes within one batch, or within their grace, was never away or never there.
 */
export function settle(here: Here, now: number): { here: Here | null; news: News | null } {
  const { user, told, leaves, state } = here
  if (leaves !== null && now >= leaves) return { here: null, news: told && { type: 'left', id: user.id } }
  if (told === null) {
    if (leaves !== null) return { here, news: null }
    const person = { ...user, state }
    return { here: { ...here, told: person }, news: { type: 'joined', person } }
  }
  const flipped = leaves === null && state !== told.state && now - here.since >= TIMES.stateSettles
  const renamed = user.name !== told.name
  if (!flipped && !renamed) return { here, news: null }
  const change = { ...(renamed && { name: user.name }), ...(flipped && { state }) }
  return {
    here: { ...here, told: { ...told, ...change } },
    news: { type: 'changed', id: user.id, ...change },
  }
}

/** Will there be something to tell later, though nothing more happens? */
export function isUnsettled({ leaves, told, state, user }: Here): boolean {
  return leaves !== null || told === null || told.state !== state || told.name !== user.name
}

/** The fields of one `presence` frame for all the news of a room. */
export function namesOf(news: readonly News[]): Pick<Presence, 'joined' | 'left' | 'changed'> {
  const joined: Person[] = []
  const left: string[] = []
  const changed: { id: string; name?: string; state?: Activity }[] = []
  for (const one of news) {
    if (one.type === 'joined') joined.push(one.person)
    else if (one.type === 'left') left.push(one.id)
    else {
      const { type: _, ...change } = one
      changed.push(change)
    }
  }
  return {
    ...(joined.length > 0 && { joined }),
    ...(left.length > 0 && { left }),
    ...(changed.length > 0 && { changed }),
  }
}

function came(here: Here | null, { user, state, now }: Extract<Happening, { type: 'came' }>): Here {
  if (here === null) return { user, tabs: 1, state, since: now, leaves: null, told: null }
  const since = here.state === state ? here.since : now
  return { ...here, user, tabs: here.tabs + 1, state, since, leaves: null }
}
