/** What needs a connection: rooms, messages, drafts. Here the state, the socket, HTTP and the device meet. */
import { LIMITS, TIMES } from '../../../shared/limits.ts'
import { cleanText, textFault } from '../../../shared/text.ts'
import type { ActionResult, ChatActions } from './actions.ts'
import { createHistoryActions } from './historyActions.ts'
import { createReadActions } from './readActions.ts'
import type { Api } from '../../net/api.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import type { Timers } from '../../net/timers.ts'
import { createRoomListLoader } from '../../rooms/roomListLoader.ts'
import type { SettingsKeeper } from '../keepSettings.ts'
import type { OutgoingContent } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import type { ChatSync } from '../sync/sync.ts'
import { errorText } from '../../words/errorText.ts'
import { words } from '../../words/words.ts'

/** What a person can do in the chat, and what `sessionActions.ts` needs of it. */
export interface Chat extends ChatActions {
  /** Works for this person from now on: what this device keeps for them is there before the first frame leaves. */
  begin(user: string): Promise<void>
  /** Stops sending for this person; drafts and unsent messages stay on the device. */
  end(): void
  /** Everything of the person it works for leaves the device. */
  wipe(): Promise<void>
  unsentCount(): number
  /** In how many rooms something is written and not sent; stores first what a timer was to store. */
  draftCount(): Promise<number>
  /** Stores at once what a timer was to store. */
  flushTimers(): void
}

export interface ChatActionsWorld extends Timers {
  settings: SettingsKeeper
}

/** ms */
const DRAFT_SETTLES = 300
/** Why nothing was sent, where the server was not asked. */
const REFUSED = {
  full: words.composer.queueFull,
  nobody: words.composer.signedOut,
  blank: words.composer.nothingToSend,
  tooBig: words.composer.textTooLong,
  malformed: words.composer.textMalformed,
} as const

export function createChatActions(
  store: StateStore,
  sync: ChatSync,
  api: Api,
  tabs: TabChannel,
  world: ChatActionsWorld,
  signal: AbortSignal,
): Chat {
  const { socket, outbox } = sync
  const drafts = new Map<string, { text: string; caret: number; cancel(): void }>()
  /** resolves once this person's drafts can be read from the device */
  let deviceReady = Promise.resolve()
  let typed: { room: string; at: number } | null = null
  const history = createHistoryActions(store, api)
  const reads = createReadActions(store, socket, tabs, world.after)

  /** my rooms as last listed; null: not known yet */
  let joinedBefore: ReadonlySet<string> | null = null
  store.watch(
    ({ roomList }) => roomList,
    (list) => {
      const joinedNow = new Set(list.flatMap(({ room, joined }) => (joined ? room : [])))
      // A room on this tab's screen was joined here: the other tabs do not follow it yet.
      for (const room of joinedNow)
        if (joinedBefore?.has(room) === false && store.get().rooms[room]?.depth === 'all')
          tabs.tell({ type: 'joined', room })
      joinedBefore = joinedNow.size > 0 ? joinedNow : null
    },
    signal,
  )

  const listing = createRoomListLoader(store, sync, api, world.after, signal)

  async function saveDraft(room: string): Promise<void> {
    const draft = drafts.get(room)
    if (draft === undefined) return
    draft.cancel()
    drafts.delete(room)
    await outbox.saveDraft(room, draft.text, draft.caret)
  }

  function enqueue(room: string, content: OutgoingContent): ActionResult {
    if (outbox.enqueue(room, content) === null) return REFUSED[outbox.isFull ? 'full' : 'nobody']
    socket.nudge('send')
    return true
  }

  function nonceOf(room: string, key: string): string | undefined {
    const state = store.get().rooms[room]
    const change = state?.pendingChanges.find((pending) => pending.key === key)
    return change?.entry.nonce ?? state?.rows.find((row) => row.key === key)?.nonce
  }

  return {
    async begin(user) {
      deviceReady = outbox.start(user)
      await deviceReady
      socket.start()
    },

    end() {
      for (const { cancel } of drafts.values()) cancel()
      drafts.clear()
      history.end()
      reads.end()
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
      // Leaving the page settles what could still be undone.
      reads.flush()
    },

    loadRooms: listing.load,
    findRooms: listing.find,
    async makeRoom(name) {
      const answer = await api.makeRoom(name)
      if (answer.ok) {
        void listing.load()
        return { result: 'made', room: answer.value.room }
      }
      const { code, suggestion } = answer
      if (code === 'roomTaken') return { result: 'taken', ...(suggestion !== undefined && { suggestion }) }
      return { result: 'failed', message: errorText(answer) }
    },

    openRoom: (room) => sync.open(room),
    leaveRoom: (room) => sync.leave(room),

    async setTopic(room, topic) {
      const answer = await api.setTopic(room, topic)
      if (!answer.ok) return errorText(answer)
      const roomList = store.get().roomList.map((entry) => (entry.room === room ? answer.value : entry))
      store.dispatch({ type: 'roomListChanged', roomList })
      return null
    },

    send(room, text, replyTo) {
      const cleaned = cleanText(text)
      const fault = textFault(cleaned)
      if (fault !== null) return REFUSED[fault]
      const result = enqueue(room, {
        kind: 'message',
        text: cleaned,
        ...(replyTo !== undefined && { replyTo }),
      })
      if (result !== true) return result
      // Its deletion is in the transaction that stores the message; a late save would bring it back.
      drafts.get(room)?.cancel()
      drafts.delete(room)
      typed = null
      history.showLiveEnd(room)
      return true
    },

    edit(room, id, text) {
      const cleaned = cleanText(text)
      const fault = textFault(cleaned)
      return fault === null ? enqueue(room, { kind: 'edit', target: id, text: cleaned }) : REFUSED[fault]
    },
    remove: (room, id) => enqueue(room, { kind: 'delete', target: id }),
    react: (room, id, emoji, on) => enqueue(room, { kind: 'react', target: id, emoji, on }),
    pin: (room, id, on) => enqueue(room, { kind: 'pin', target: id, on }),

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
      if ((store.get().rooms[room]?.onlineCount ?? 0) > LIMITS.typing) return
      if (on) {
        if (typed?.room === room && now - typed.at < TIMES.typingEvery) return
        if (socket.send({ type: 'typing', room, on })) typed = { room, at: now }
      } else if (typed?.room === room) {
        typed = null
        socket.send({ type: 'typing', room, on })
      }
    },

    loadOlder: history.loadOlder,
    loadNewer: history.loadNewer,
    jumpTo: history.jumpTo,
    jumpToFirstAfter: history.jumpToFirstAfter,
    leaveHistory: history.leaveHistory,
    showLiveEnd: history.showLiveEnd,
    loadQuotes: history.loadQuotes,
    loadPins: history.loadPins,

    markReadUpTo: reads.markReadUpTo,
    markAllRead: reads.markAllRead,
    undoMarkAllRead: reads.undoMarkAllRead,

    reconnect: () => socket.nudge('person'),

    async draft(room) {
      await deviceReady
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
