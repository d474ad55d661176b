/** The chat's actions: rooms, messages, drafts. They join the state, the socket, HTTP and the device. */
import { LIMITS, TIMES } from '../../../shared/limits.ts'
import { cleanText, isBlank, textFault } from '../../../shared/text.ts'
import type { ActionResult, ChatActions } from './actions.ts'
import { createHistoryActions } from './historyActions.ts'
import { createLeaveActions } from './leaveActions.ts'
import { createReadActions } from './readActions.ts'
import type { Api } from '../../net/api.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import type { Timers } from '../../net/timers.ts'
import { createRoomListLoader } from '../../rooms/roomListLoader.ts'
import type { SettingsKeeper } from '../keepSettings.ts'
import { idOf, type OutgoingContent } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import type { ChatSync } from '../sync/sync.ts'
import { errorText } from '../../words/errorText.ts'
import { words } from '../../words/words.ts'

export type Chat = ReturnType<typeof createChatActions>

/** ms from a key press until the draft is saved, with what was typed meanwhile */
const DRAFT_SETTLES = 300

export function createChatActions(
  store: StateStore,
  sync: ChatSync,
  api: Api,
  tabs: TabChannel,
  world: Timers & { settings: SettingsKeeper },
  signal: AbortSignal,
) {
  const { socket, outbox } = sync
  const drafts = new Map<string, { text: string; caret: number; cancel(): void }>()
  let outboxLoaded = Promise.resolve()
  let typed: { room: string; at: number } | null = null
  const { end: endHistory, ...history } = createHistoryActions(store, api, world.after)
  const readActions = createReadActions(store, socket, tabs, world.after, signal)
  const { end: endReads, flush: flushReads, ...reads } = readActions
  const { tellLeave, ...leaves } = createLeaveActions(store, sync, world.after)
  const roomList = createRoomListLoader(store, sync, api, world, signal)

  async function saveDraft(room: string): Promise<void> {
    const draft = drafts.get(room)
    if (draft === undefined) return
    draft.cancel()
    drafts.delete(room)
    await outbox.saveDraft(room, draft.text, draft.caret)
  }

  /** Tells this page and my other tabs whether a room has a draft. */
  function markDraft(room: string, has: boolean): void {
    if (room in store.get().drafts === has) return
    store.dispatch({ type: 'draftsChanged', rooms: [room], has })
    tabs.tell({ type: 'draft', room, has })
  }

  /** Puts the rooms with a stored draft into the state. */
  async function loadDrafts(): Promise<void> {
    const me = idOf(store.get())
    const rooms = await outbox.draftRooms()
    if (idOf(store.get()) === me) store.dispatch({ type: 'draftsChanged', rooms, has: true })
  }

  function enqueue(room: string, content: OutgoingContent): ActionResult {
    const { queueFull, signedOut } = words.composer
    if (outbox.enqueue(room, content) === null) return outbox.isFull ? queueFull : signedOut
    socket.nudge('send')
    return true
  }

  function enqueueText(
    room: string,
    text: string,
    contentOf: (cleaned: string) => OutgoingContent,
  ): ActionResult {
    const cleaned = cleanText(text)
    const fault = textFault(cleaned)
    const { nothingToSend: blank, textTooLong: tooBig, textMalformed: malformed } = words.composer
    return fault === null ? enqueue(room, contentOf(cleaned)) : { blank, tooBig, malformed }[fault]
  }

  function nonceOf(room: string, key: string): string | undefined {
    const state = store.get().rooms[room]
    const change = state?.pendingChanges.find((pending) => pending.key === key)
    return change?.entry.nonce ?? state?.rows.find((row) => row.key === key)?.nonce
  }

  const actions: ChatActions = {
    ...history,
    ...reads,
    chooseSettings: (change) => world.settings.choose(change),
    ...leaves,
    loadRooms: roomList.load,
    findRooms: roomList.find,
    reconnect: () => socket.nudge('button'),

    async makeRoom(name) {
      const answer = await api.makeRoom(name)
      if (answer.ok) return { result: 'made', room: answer.value.room }
      const { code, suggestion } = answer
      if (code === 'roomTaken') return { result: 'taken', ...(suggestion !== undefined && { suggestion }) }
      return { result: 'failed', message: errorText(answer) }
    },

    async setTopic(room, topic) {
      const answer = await api.setTopic(room, topic)
      return answer.ok ? null : errorText(answer)
    },

    send(room, text, replyTo) {
      const result = enqueueText(room, text, (cleaned) => ({
        kind: 'message',
        text: cleaned,
        ...(replyTo !== undefined && { replyTo }),
      }))
      if (result !== true) return result
      // The transaction that stores the message deletes the draft; a later save would bring it back.
      drafts.get(room)?.cancel()
      drafts.delete(room)
      markDraft(room, false)
      typed = null
      history.showLiveEnd(room)
      return true
    },

    edit: (room, id, text) =>
      enqueueText(room, text, (cleaned) => ({ kind: 'edit', target: id, text: cleaned })),
    remove: (room, id) => enqueue(room, { kind: 'delete', target: id }),
    react: (room, id, emoji, on) => enqueue(room, { kind: 'react', target: id, emoji, on }),
    pin: (room, id, on) => enqueue(room, { kind: 'pin', target: id, on }),

    retry(room, key) {
      const nonce = nonceOf(room, key)
      if (nonce !== undefined && outbox.isFull) return words.composer.queueFull
      if (nonce !== undefined) outbox.retry(nonce)
      return true
    },

    drop(room, key) {
      const nonce = nonceOf(room, key)
      if (nonce !== undefined) outbox.drop(nonce)
    },

    typing(room, on) {
      if ((store.get().rooms[room]?.onlineCount ?? 0) > LIMITS.typing) return
      const now = world.now()
      const since = typed?.room === room ? now - typed.at : null
      if (on ? since !== null && since < TIMES.typingEvery : since === null) return
      if (!on) typed = null
      if (socket.send({ type: 'typing', room, on }) && on) typed = { room, at: now }
    },

    async draft(room) {
      await outboxLoaded
      const { text, caret } = drafts.get(room) ?? (await outbox.draft(room)) ?? { text: '', caret: 0 }
      return { text, caret }
    },

    saveDraft(room, text, caret) {
      // The first change starts the timer and later ones do not delay it: steady typing is saved, too.
      const cancel = drafts.get(room)?.cancel ?? world.after(DRAFT_SETTLES, () => void saveDraft(room))
      drafts.set(room, { text, caret, cancel })
      markDraft(room, !isBlank(text))
    },
  }

  return {
    ...actions,

    /** Works for this person from now on: resolves once their outbox is loaded and the socket has started. */
    async begin(user: string): Promise<void> {
      sync.restoreLeaves(user)
      outboxLoaded = outbox.start(user)
      await outboxLoaded
      void loadDrafts()
      socket.start()
    },

    loadDrafts,
    roomsSeen: roomList.seen,

    /** Stops sending for this person; drafts and unsent messages stay on the device. */
    end(): void {
      tellLeave()
      for (const { cancel } of drafts.values()) cancel()
      drafts.clear()
      endHistory()
      endReads()
      typed = null
      socket.stop()
      outbox.stop()
    },

    /** Removes everything of this person from the device. */
    async wipe(): Promise<void> {
      world.settings.forget()
      await outbox.wipe()
    },

    /** Saves the drafts that wait for a timer, then counts them. */
    async unsent(): Promise<{ messages: number; drafts: number }> {
      await Promise.all([...drafts.keys()].map(saveDraft))
      return { messages: outbox.unsentCount, drafts: (await outbox.draftRooms()).length }
    },

    tellLeave,

    /** Does at once what waits for a timer: the page may be closing. */
    flushTimers(): void {
      for (const room of [...drafts.keys()]) void saveDraft(room)
      flushReads()
    },
  }
}
