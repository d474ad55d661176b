/** What needs a connection: rooms, messages, drafts, reading. Only here do the state, the wire, HTTP and the device meet. */
import { TIMES } from '../../../shared/limits.ts'
import { cleanText, textFault } from '../../../shared/text.ts'
import type { Actions, ActionResult } from './sessionActions.ts'
import type { Api } from '../../net/api.ts'
import type { Tabs } from '../../net/tabChannel.ts'
import { createListing } from '../../rooms/loadRoomList.ts'
import { loadFar, withFar } from './nearby.ts'
import type { SettingsKeeper } from '../../settings/keepSettings.ts'
import type { RoomState, OutgoingContent } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import type { ChatSync } from '../sync.ts'

/** The part of `Actions` done here, and what the other part needs of it. */
export interface ChatActions extends Omit<
  Actions,
  'signIn' | 'rename' | 'signOut' | 'unsentCount' | 'lastName'
> {
  /** Works for this person from now on: what this device keeps for them is there before the first frame leaves. */
  begin(user: string): Promise<void>
  /** Works for nobody; what is kept stays. */
  end(): void
  /** Everything of the person it works for leaves the device. */
  wipe(): Promise<void>
  unsentCount(): number
  /** Stores at once what a timer was to store. */
  flushTimers(): void
}

export interface ChatActionsWorld {
  settings: SettingsKeeper
  now(): number
  after(ms: number, run: () => void): () => void
}

/** ms */
const DRAFT_SETTLES = 300
const READ_EVERY = 500
const READ_LATER = 5_000
/** When what is not needed at first draw is fetched ahead, before it is asked for. */
export const AHEAD = 2_000
const UNLOADED = 'The server cannot be reached just now.'
/** Why nothing was said, where the server was not asked. */
const REFUSED = {
  full: '200 messages are already waiting to be sent. Try again when some have been sent.',
  nobody: 'You are signed out. Pick a name to go on.',
  blank: 'There is nothing to send.',
  tooBig: 'This message is too long.',
  malformed: 'This message contains characters that cannot be sent.',
} as const
/** Rooms with more people hear nobody type. */
const TYPING_UP_TO = 100

export function createChatActions(
  store: StateStore,
  sync: ChatSync,
  api: Api,
  tabs: Tabs,
  world: ChatActionsWorld,
): ChatActions {
  const { socket, outbox } = sync
  const drafts = new Map<string, { text: string; caret: number; cancel(): void }>()
  const reads = new Map<string, number>()
  let reading = false
  let later = () => {}
  let typed: { room: string; at: number } | null = null

  /** my rooms as last listed; null: not known yet */
  let mine: ReadonlySet<string> | null = null
  store.watch(
    ({ roomList }) => roomList,
    (list) => {
      const now = new Set(list.flatMap(({ room, joined }) => (joined ? room : [])))
      // A room on this tab's screen was joined here: the other tabs do not follow it yet.
      for (const room of now)
        if (mine?.has(room) === false && store.get().rooms[room]?.depth === 'all')
          tabs.tell({ type: 'joined', room })
      mine = now.size > 0 ? now : null
    },
    new AbortController().signal,
  )

  const listing = createListing(store, sync, api, world.after, new AbortController().signal)

  async function saveDraft(room: string): Promise<void> {
    const draft = drafts.get(room)
    if (draft === undefined) return
    draft.cancel()
    drafts.delete(room)
    await outbox.saveDraft(room, draft.text, draft.caret)
  }

  function sendReads(): void {
    later()
    for (const [room, seq] of reads) if (socket.send({ type: 'read', room, seq })) reads.delete(room)
    reading = reads.size > 0
    if (reading) later = world.after(READ_LATER, sendReads)
  }

  function tellRead(room: string, seq: number): void {
    tabs.tell({ type: 'read', room, seq })
    reads.set(room, Math.max(reads.get(room) ?? 0, seq))
    if (reading) return
    reading = true
    later = world.after(READ_EVERY, sendReads)
  }

  function allRead(what: 'mark' | 'undo' | 'tell'): void {
    withFar((far) => {
      far.allRead(store, what, world.after, tellRead)
      if (what === 'tell') sendReads()
    })
  }

  function say(room: string, said: OutgoingContent): ActionResult {
    if (outbox.enqueue(room, said) === null) return REFUSED[outbox.isFull ? 'full' : 'nobody']
    socket.nudge('send')
    return true
  }

  function nonceOf(room: string, key: string): string | undefined {
    const state = store.get().rooms[room]
    const change = state?.pendingChanges.find((one) => one.key === key)
    return change?.entry.nonce ?? state?.rows.find((one) => one.key === key)?.nonce
  }

  return {
    async begin(user) {
      await outbox.start(user)
      socket.start()
      world.after(AHEAD, () => void loadFar())
    },

    end() {
      for (const { cancel } of drafts.values()) cancel()
      drafts.clear()
      reads.clear()
      typed = null
      socket.stop()
      outbox.stop()
    },

    async wipe() {
      world.settings.forget()
      await outbox.wipe()
    },
    chooseSettings: (change) => world.settings.choose(change),
    unsentCount: () => outbox.unsentCount,
    async draftCount() {
      await Promise.all([...drafts.keys()].map(saveDraft))
      return outbox.draftCount()
    },

    flushTimers() {
      for (const room of [...drafts.keys()]) void saveDraft(room)
      // Whoever goes meant it.
      allRead('tell')
    },

    loadRooms: listing.load,
    findRooms: listing.find,
    async makeRoom(name) {
      const answer = await api.makeRoom(name)
      if (answer.ok) {
        void listing.load()
        return { result: 'made', room: answer.value.room }
      }
      const { code, words, suggestion } = answer
      if (code === 'roomTaken') return { result: 'taken', ...(suggestion !== undefined && { suggestion }) }
      return { result: 'failed', words }
    },

    openRoom: (room) => sync.open(room),
    leaveRoom: (room) => sync.leave(room),

    loadOlder: (room) =>
      withFar(
        (far) => void far.older(store, api, room),
        // What cannot be loaded can be tried again, like a page that did not come.
        () => store.dispatch({ type: 'changed', room, by: (now) => ({ ...now, older: 'failed' }) }),
      ),
    loadNewer: (room) => withFar((far) => void far.load(store, api, room, 'newer')),
    jumpTo: async (room, seq) => (await loadFar())?.jump(store, api, room, seq) ?? false,
    jumpToFirstAfter: async (room, after) => (await loadFar())?.jumpBehind(store, api, room, after) ?? null,
    leaveHistory: (room) => withFar((far) => far.back(store, room)),
    showLiveEnd: (room) => store.dispatch({ type: 'changed', room, by: atEnd }),
    loadQuotes: (room, ids) => withFar((far) => void far.quotes(store, api, room, ids)),
    loadPins: (room) => withFar((far) => void far.pins(store, api, room)),
    setTopic: async (room, topic) => {
      const far = await loadFar()
      return far === null ? UNLOADED : far.setTopic(store, api, room, topic)
    },

    send(room, text, replyTo) {
      const cleaned = cleanText(text)
      const fault = textFault(cleaned)
      if (fault !== null) return REFUSED[fault]
      const said = say(room, { kind: 'message', text: cleaned, ...(replyTo !== undefined && { replyTo }) })
      if (said !== true) return said
      // Its deletion is in the transaction that stores the message; a late save would bring it back.
      drafts.get(room)?.cancel()
      drafts.delete(room)
      typed = null
      store.dispatch({ type: 'changed', room, by: atEnd })
      return true
    },

    edit(room, id, text) {
      const cleaned = cleanText(text)
      const fault = textFault(cleaned)
      return fault === null ? say(room, { kind: 'edit', target: id, text: cleaned }) : REFUSED[fault]
    },
    remove: (room, id) => say(room, { kind: 'delete', target: id }),
    react: (room, id, emoji, on) => say(room, { kind: 'react', target: id, emoji, on }),
    pin: (room, id, on) => say(room, { kind: 'pin', target: id, on }),

    retry(room, key) {
      const nonce = nonceOf(room, key)
      if (nonce !== undefined && outbox.isFull) return REFUSED.full
      if (nonce !== undefined) outbox.retry(nonce)
      return true
    },

    drop(room, key) {
      const nonce = nonceOf(room, key)
      if (nonce !== undefined) outbox.drop(nonce)
    },

    typing(room, on) {
      const now = world.now()
      if ((store.get().rooms[room]?.onlineCount ?? 0) > TYPING_UP_TO) return
      if (on) {
        if (typed?.room === room && now - typed.at < TIMES.typingEvery) return
        if (socket.send({ type: 'typing', room, on })) typed = { room, at: now }
      } else if (typed?.room === room) {
        typed = null
        socket.send({ type: 'typing', room, on })
      }
    },

    markReadUpTo(room, seq) {
      if (seq <= (store.get().rooms[room]?.you?.readSeq ?? seq)) return
      store.dispatch({ type: 'readUpTo', room, seq })
      tellRead(room, seq)
    },

    allRead,

    reconnect: () => socket.nudge('person'),

    async draft(room) {
      const unsaved = drafts.get(room)
      if (unsaved !== undefined) return { text: unsaved.text, caret: unsaved.caret }
      return (await outbox.draft(room)) ?? { text: '', caret: 0 }
    },

    saveDraft(room, text, caret) {
      drafts.get(room)?.cancel()
      drafts.set(room, { text, caret, cancel: world.after(DRAFT_SETTLES, () => void saveDraft(room)) })
    },
  }
}

/** The live end is drawn again. */
const atEnd = (room: RoomState): RoomState =>
  room.historyWindow === null ? room : { ...room, historyWindow: null }
