/** What needs a connection: rooms, messages, drafts, reading. Only here do the state, the wire, HTTP and the device meet. */
import { TIMES } from '../shared/limits.ts'
import { cleanText, textFault } from '../shared/text.ts'
import type { Actions } from './actions.ts'
import type { Api } from './net/api.ts'
import type { Tabs } from './net/tabs.ts'
import type { Store } from './state/store.ts'
import type { Sync } from './sync.ts'

/** The part of `Actions` done here, and what the other part needs of it. */
export interface Talk extends Omit<
  Actions,
  'signIn' | 'rename' | 'signOut' | 'unsent' | 'lastName' | 'makeRoom' | 'loadRooms'
> {
  /** Works for this person from now on: what this device keeps for them is there before the first frame leaves. */
  begin(user: string): Promise<void>
  /** Works for nobody; what is kept stays. */
  end(): void
  /** Everything of the person it works for leaves the device. */
  wipe(): Promise<void>
  unsent(): number
  /** Stores at once what a timer was to store. */
  settle(): void
}

export interface TalkWorld {
  now(): number
  after(ms: number, run: () => void): () => void
}

/** ms */
const DRAFT_SETTLES = 300
const READ_EVERY = 500
const READ_LATER = 5_000
/** Rooms with more people hear nobody type. */
const TYPING_UP_TO = 100

export function createTalk(store: Store, sync: Sync, api: Api, tabs: Tabs, world: TalkWorld): Talk {
  const { socket, outbox } = sync
  const drafts = new Map<string, { text: string; caret: number; cancel(): void }>()
  const reads = new Map<string, number>()
  let reading = false
  let typed: { room: string; at: number } | null = null

  function saveDraft(room: string): void {
    const draft = drafts.get(room)
    if (draft === undefined) return
    draft.cancel()
    drafts.delete(room)
    void outbox.saveDraft(room, draft.text, draft.caret)
  }

  function sendReads(): void {
    for (const [room, seq] of reads) if (socket.send({ type: 'read', room, seq })) reads.delete(room)
    reading = reads.size > 0
    if (reading) world.after(READ_LATER, sendReads)
  }

  return {
    async begin(user) {
      await outbox.begin(user)
      socket.start()
    },

    end() {
      for (const { cancel } of drafts.values()) cancel()
      drafts.clear()
      reads.clear()
      typed = null
      socket.stop()
      outbox.end()
    },

    wipe: () => outbox.wipe(),
    unsent: () => outbox.unsent,

    settle() {
      for (const room of [...drafts.keys()]) saveDraft(room)
    },

    openRoom: (room) => sync.open(room),
    leaveRoom: (room) => sync.leave(room),

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
}

/** The seq below which older messages are asked for, or null where none can be. */
function edgeOf(store: Store, room: string): number | null {
  const state = store.get().rooms[room]
  if (state === undefined) return null
  return state.rows.find((row) => row.seq !== null)?.seq ?? state.position.seq + 1
}
