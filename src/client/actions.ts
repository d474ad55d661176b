/** What a person can do, and how it is done. Only here do the state, the wire, HTTP and the device meet. */
import { TIMES } from '../shared/limits.ts'
import type { Self } from '../shared/model.ts'
import { cleanName, NAME_FAULTS, type NameFault } from '../shared/names.ts'
import { cleanText, textFault } from '../shared/text.ts'
import type { Answer, Api } from './net/api.ts'
import type { Tabs } from './net/tabs.ts'
import type { Store } from './state/store.ts'
import type { Sync } from './sync.ts'

/** What a sign-in or rename can end with. `words`: what to tell the person. */
export type NameAnswer =
  | { result: 'ok' }
  | { result: 'taken'; suggestion?: string }
  | { result: 'invalid'; fault?: NameFault; words: string }
  | { result: 'failed'; words: string }

export type RoomAnswer =
  | { result: 'made'; room: string }
  | { result: 'taken'; suggestion?: string }
  | { result: 'failed'; words: string }

/** What a person can do. Views call these and nothing else; none of them throws or rejects. */
export interface Actions {
  /** Signs in under a name as typed; on 'ok' the state has me, and the socket is on its way. */
  signIn(name: string): Promise<NameAnswer>
  rename(name: string): Promise<NameAnswer>
  /** Ends the session and empties this device of my drafts and outbox. `unsent` tells how many messages would be lost. */
  signOut(): Promise<void>
  unsent(): Promise<number>
  /** The name last used on this device, '' if none. */
  lastName(): string

  /** This page shows the room from now on: it is joined and kept up to date. */
  openRoom(room: string): void
  /** Ends my membership. */
  leaveRoom(room: string): void
  makeRoom(name: string): Promise<RoomAnswer>
  loadRooms(): Promise<void>
  /** The next page of older messages, if there is one and none is under way. */
  loadOlder(room: string): void

  /**
   * Shows my message at once and sends it as soon as it is stored on this device. False: refused because 200 wait
   * already; its text must stay in the composer.
   */
  send(room: string, text: string, replyTo?: string): boolean
  /** Again, under the same nonce. */
  retry(room: string, key: string): void
  /** Drops a message of mine that is waiting or failed. What is already on its way may still arrive. */
  drop(room: string, key: string): void

  /** I am typing, or no longer; thinned out here. */
  typing(room: string, on: boolean): void
  /** I have seen all up to this seq; only forward. */
  read(room: string, seq: number): void
  /** Skips the wait for the next attempt to connect. */
  reconnect(): void

  /** The draft of a room as last stored, with its caret. */
  draft(room: string): Promise<{ text: string; caret: number }>
  saveDraft(room: string, text: string, caret: number): void
}

export interface ActionsWorld {
  now(): number
  after(ms: number, run: () => void): () => void
  /** `localStorage`, or null where the browser refuses it */
  device: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
}

/** ms */
const DRAFT_SETTLES = 300
const READ_EVERY = 500
/** Rooms with more people hear nobody type. */
const TYPING_UP_TO = 100

/** What else the page may ask for, besides what a person can do. */
export interface Inner extends Actions {
  /** Who am I? Asks the server until it says; then the state knows. */
  meet(): Promise<void>
  /** Another tab of mine signed in, out, or has a new name. */
  became(self: Self | null): Promise<void>
  /** Stores at once what a timer was to store: the page may go. */
  settle(): void
}

export function createActions(store: Store, sync: Sync, api: Api, tabs: Tabs, world: ActionsWorld): Inner {
  const { socket, outbox } = sync
  const drafts = new Map<string, { text: string; caret: number; cancel(): void }>()
  const reads = new Map<string, number>()
  let reading = false
  let typed: { room: string; at: number } | null = null

  function remember(key: string, value: string | null): void {
    try {
      if (value === null) world.device?.removeItem(key)
      else world.device?.setItem(key, value)
    } catch {
      // Full or refused: it is asked for again next time.
    }
  }

  function recall(key: string): string {
    try {
      return world.device?.getItem(key) ?? ''
    } catch {
      return ''
    }
  }

  async function begin(self: Self): Promise<void> {
    remember('name', self.name)
    store.dispatch({ type: 'self', self })
    // What this device keeps for me is there before the first frame leaves.
    await outbox.begin(self.id)
    socket.start()
  }

  function end(): void {
    for (const { cancel } of drafts.values()) cancel()
    drafts.clear()
    reads.clear()
    typed = null
    socket.stop()
    store.dispatch({ type: 'signedOut' })
  }

  function known(answer: Answer<Self>): NameAnswer | null {
    if (answer.ok) return null
    const { code, words, suggestion } = answer
    if (code === 'nameTaken') return { result: 'taken', ...(suggestion !== undefined && { suggestion }) }
    return code === 'nameInvalid' ? { result: 'invalid', words } : { result: 'failed', words }
  }

  function faultOf(name: string): NameAnswer | null {
    const cleaned = cleanName(name)
    if (!('fault' in cleaned)) return null
    return { result: 'invalid', fault: cleaned.fault, words: NAME_FAULTS[cleaned.fault] }
  }

  function saveDraft(room: string): void {
    const draft = drafts.get(room)
    if (draft === undefined) return
    draft.cancel()
    drafts.delete(room)
    void outbox.saveDraft(room, draft.text, draft.caret)
  }

  function sendReads(): void {
    reading = false
    for (const [room, seq] of reads) if (socket.send({ type: 'read', room, seq })) reads.delete(room)
  }

  const actions: Inner = {
    async signIn(name) {
      const fault = faultOf(name)
      if (fault !== null) return fault
      let answer = await api.signIn(name)
      // Signed in meanwhile, in another tab: that is who I am.
      if (!answer.ok && answer.code === 'signedIn') answer = await api.session()
      if (!answer.ok) return known(answer) ?? { result: 'failed', words: answer.words }
      remember('leaving', null)
      await begin(answer.value)
      tabs.tell({ type: 'self', self: answer.value })
      return { result: 'ok' }
    },

    async rename(name) {
      const fault = faultOf(name)
      if (fault !== null) return fault
      const answer = await api.rename(name)
      if (!answer.ok) return known(answer) ?? { result: 'failed', words: answer.words }
      remember('name', answer.value.name)
      store.dispatch({ type: 'self', self: answer.value })
      tabs.tell({ type: 'self', self: answer.value })
      return { result: 'ok' }
    },

    async signOut() {
      end()
      await outbox.wipe()
      // The cookie is the server's to take: where it cannot be reached, it is asked at the next start.
      remember('leaving', 'yes')
      const answer = await api.signOut()
      if (answer.ok || answer.code === 'unauthenticated') remember('leaving', null)
      tabs.tell({ type: 'self', self: null })
    },

    unsent: () => Promise.resolve(outbox.unsent),
    lastName: () => recall('name'),

    async meet() {
      for (let wait = 1_000; ; wait = Math.min(wait * 2, 30_000)) {
        if (recall('leaving') !== '') {
          const left = await api.signOut()
          if (left.ok || left.code === 'unauthenticated') remember('leaving', null)
        }
        const answer = recall('leaving') === '' ? await api.session() : null
        if (store.get().self !== 'unknown') return
        if (answer?.ok) return begin(answer.value)
        if (answer?.code === 'unauthenticated') return store.dispatch({ type: 'self', self: null })
        await new Promise<void>((resolve) => world.after(wait, resolve))
      }
    },

    async became(self) {
      const before = store.get().self
      if (self === null) {
        if (before === null) return
        end()
        outbox.end()
      } else if (before === null || before === 'unknown') await begin(self)
      else if (before.id === self.id) store.dispatch({ type: 'self', self })
      else {
        // Signed in as another: nothing of the one before may leave under the new name (U48).
        end()
        outbox.end()
        await begin(self)
      }
    },

    settle() {
      for (const room of [...drafts.keys()]) saveDraft(room)
    },

    openRoom: (room) => sync.open(room),
    leaveRoom: (room) => sync.leave(room),

    async makeRoom(name) {
      const answer = await api.makeRoom(name)
      if (answer.ok) {
        void actions.loadRooms()
        return { result: 'made', room: answer.value.room }
      }
      const { code, words, suggestion } = answer
      if (code === 'roomTaken') return { result: 'taken', ...(suggestion !== undefined && { suggestion }) }
      return { result: 'failed', words }
    },

    async loadRooms() {
      const answer = await api.rooms()
      if (answer.ok) store.dispatch({ type: 'rooms', list: answer.value })
    },

    loadOlder(room) {
      const edge = edgeOf(store, room)
      const older = store.get().rooms[room]?.older
      if (edge === null || (older !== 'more' && older !== 'failed')) return
      store.dispatch({ type: 'olderAsked', room })
      void api.before(room, edge).then((answer) => {
        // A reset meanwhile: these rows hang together with nothing any more.
        if (!answer.ok || edgeOf(store, room) !== edge) store.dispatch({ type: 'olderFailed', room })
        else {
          const { messages, floor, older: more } = answer.value
          store.dispatch({ type: 'older', room, messages, floor, more })
        }
      })
    },

    send(room, text, replyTo) {
      const cleaned = cleanText(text)
      if (textFault(cleaned) !== null || outbox.add(room, cleaned, replyTo) === null) return false
      // Its deletion is in the transaction that stores the message; a late save would bring it back.
      drafts.get(room)?.cancel()
      drafts.delete(room)
      typed = null
      socket.nudge('send')
      return true
    },

    retry(room, key) {
      const row = store.get().rooms[room]?.rows.find((one) => one.key === key)
      if (row !== undefined) outbox.retry(row.nonce)
    },

    drop(room, key) {
      const row = store.get().rooms[room]?.rows.find((one) => one.key === key)
      if (row !== undefined) outbox.drop(row.nonce)
    },

    typing(room, on) {
      const now = world.now()
      if ((store.get().rooms[room]?.count ?? 0) > TYPING_UP_TO) return
      if (on) {
        if (typed?.room === room && now - typed.at < TIMES.typingEvery) return
        if (socket.send({ type: 'typing', room, on })) typed = { room, at: now }
      } else if (typed?.room === room) {
        typed = null
        socket.send({ type: 'typing', room, on })
      }
    },

    read(room, seq) {
      if (seq <= (store.get().rooms[room]?.you?.readSeq ?? seq)) return
      store.dispatch({ type: 'read', room, seq })
      tabs.tell({ type: 'read', room, seq })
      reads.set(room, Math.max(reads.get(room) ?? 0, seq))
      if (reading) return
      reading = true
      world.after(READ_EVERY, sendReads)
    },

    reconnect: () => socket.nudge('person'),

    async draft(room) {
      const unsaved = drafts.get(room)
      if (unsaved !== undefined) return { text: unsaved.text, caret: unsaved.caret }
      return (await outbox.draft(room)) ?? { text: '', caret: 0 }
    },

    saveDraft(room, text, caret) {
      drafts.get(room)?.cancel()
      drafts.set(room, { text, caret, cancel: world.after(DRAFT_SETTLES, () => saveDraft(room)) })
    },
  }

  return actions
}

/** The seq below which older messages are asked for, or null where none can be. */
function edgeOf(store: Store, room: string): number | null {
  const state = store.get().rooms[room]
  if (state === undefined) return null
  return state.rows.find((row) => row.seq !== null)?.seq ?? state.position.seq + 1
}
