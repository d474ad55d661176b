/** What a person can do. Who they are is done here; what needs a connection is `talk.ts`, which home does without. */
import type { Self } from '../../../shared/model.ts'
import { cleanName, NAME_FAULTS, type NameFault } from '../../../shared/names.ts'
import { isolated } from '../../ui/format.ts'
import type { ApiResult, Api } from '../../net/api.ts'
import type { Tabs } from '../../net/tabChannel.ts'
import type { Settings } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import type { ChatActions } from './chatActions.ts'

/** What a sign-in or rename can end with. `words`: what to tell the person. */
export type NameAnswer =
  | { result: 'ok' }
  | { result: 'taken'; suggestion?: string }
  | { result: 'invalid'; fault?: NameFault; words: string; suggestion?: string }
  | { result: 'failed'; words: string }

export type RoomAnswer =
  | { result: 'made'; room: string }
  | { result: 'taken'; suggestion?: string }
  | { result: 'failed'; words: string }

/** True, or in words why not. */
export type ActionResult = true | string

/** What a person can do. Views call these and nothing else; none of them throws or rejects. */
export interface Actions {
  /**
   * Signs in under a name as typed, into the room whose page asks for it; on 'ok' the state has me, and the socket is on
   * its way. A person who signed out offline is signed out at the server first.
   */
  signIn(name: string, room?: string): Promise<NameAnswer>
  rename(name: string): Promise<NameAnswer>
  /** Ends the session and empties this device of my drafts and outbox. `unsent` tells how many messages would be lost. */
  signOut(): Promise<void>
  unsentCount(): Promise<number>
  /** In how many rooms something is written and not sent. */
  draftCount(): Promise<number>
  /** How I want it, from now on and on this device. */
  chooseSettings(change: Partial<Settings>): void
  /** The name last used on this device, '' if none. */
  lastName(): string

  /** This page shows the room from now on: it is joined and kept up to date. */
  openRoom(room: string): void
  /** Ends my membership. */
  leaveRoom(room: string): void
  makeRoom(name: string): Promise<RoomAnswer>
  loadRooms(): Promise<void>
  /** Has rooms in the list whose name holds this text, a moment after the last call, where not all are listed. */
  findRooms(text: string): void
  /** The next page of older messages, if there is one and none is under way. */
  loadOlder(room: string): void
  /** The same towards the live end, where somebody is in the past; there the two become one. */
  loadNewer(room: string): void
  /** Has a message drawn, with those around it. False: it cannot be reached, or is no more; then nothing has changed. */
  jumpTo(room: string, seq: number): Promise<boolean>
  /** The same to the first message of others behind `after`. Gives its seq, or null. */
  jumpToFirstAfter(room: string, after: number): Promise<number | null>
  /** Draws what was drawn before the last jump into the past. */
  leaveHistory(room: string): void
  /** Draws the live end. */
  showLiveEnd(room: string): void
  /** Fetches messages by their ids, for replies to show: those that are not here yet. */
  loadQuotes(room: string, ids: readonly string[]): void
  /** Fetches what is pinned, where the state does not know it. */
  loadPins(room: string): void
  /** Says what the room is about. Gives null, or in words why not. */
  setTopic(room: string, topic: string): Promise<string | null>

  /**
   * Shows my message at once and sends it as soon as it is stored on this device. Where it is refused its text must stay
   * in the composer.
   */
  send(room: string, text: string, replyTo?: string): ActionResult
  /**
   * Changes the message of this id, on my screen at once; what the server refuses is taken back and stands at its row as
   * `changes`.
   */
  edit(room: string, id: string, text: string): ActionResult
  remove(room: string, id: string): ActionResult
  react(room: string, id: string, emoji: string, on: boolean): ActionResult
  pin(room: string, id: string, on: boolean): ActionResult
  /** Again, under the same nonce: a message by the key of its row, a change by its own. */
  retry(room: string, key: string): ActionResult
  /** Drops a message or a change of mine that is waiting or failed. What is already on its way may still arrive. */
  drop(room: string, key: string): void

  /** I am typing, or no longer; thinned out here. */
  typing(room: string, on: boolean): void
  /** I have seen all up to this seq; only forward. */
  markReadUpTo(room: string, seq: number): void
  /** All of my rooms are read; for a while nobody is told, and it can be undone. `tell`: they are told now. */
  allRead(what: 'mark' | 'undo' | 'tell'): void
  /** Skips the wait for the next attempt to connect. */
  reconnect(): void

  /** The draft of a room as last stored, with its caret. */
  draft(room: string): Promise<{ text: string; caret: number }>
  saveDraft(room: string, text: string, caret: number): void
}

export interface ActionsWorld {
  after(ms: number, run: () => void): () => void
  /** `localStorage`, or null where the browser refuses it */
  device: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
}

type FailedResult = Extract<ApiResult<unknown>, { ok: false }>

/** Did the server say that there is no session? */
const hasLeft = (answer: ApiResult<unknown>) =>
  answer.ok ? answer.value === null : answer.code === 'unauthenticated'

/** What else the page may ask for, besides what a person can do. */
export interface PageActions extends Actions {
  /** Who am I? Asks the server until it says; then the state knows. `nobody`: it has said so already. */
  restoreSession(nobody?: boolean): Promise<void>
  /** Another tab of mine signed in, out, or has a new name; or the server says who I am by now. */
  signedInAs(self: Self | null): Promise<void>
  /** Stores at once what a timer was to store: the page may go. */
  flushTimers(): void
  /** Has what needs a connection at hand: from then on all of the actions do something. Rejects if it does not load. */
  chatReady(): Promise<void>
}

const STILL_LEAVING = 'Signing out is not finished: the server cannot be reached. Try again in a moment.'
const UNLOADED = 'This page has not finished loading. Try again in a moment.'
const TRY_AGAIN = 'That did not work. Try again.'

/** @param load fetches what needs a connection; asked again only if it has failed */
export function createActions(
  store: StateStore,
  api: Api,
  tabs: Tabs,
  world: ActionsWorld,
  load: () => Promise<ChatActions>,
): PageActions {
  let talk: ChatActions | null = null
  let loading: Promise<ChatActions> | null = null
  /** what this device keeps for me is at hand */
  let begun = Promise.resolve<void>(undefined)

  /** I have signed out and the server does not know yet; also kept on the device */
  let owed = false
  let leaving: Promise<ApiResult<null>> | null = null

  function withTalk(): Promise<ChatActions> {
    loading ??= load().then(
      (loaded) => {
        talk = loaded
        return loaded
      },
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }

  /** The same, where what cannot be loaded is nothing to tell: the room's screen does, when somebody goes there. */
  const talkIfAny = (): Promise<ChatActions | null> => withTalk().catch(() => null)

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

  const isLeaving = () => owed || recall('leaving') !== ''

  /** Ends my session at the server. One request at a time: a late answer would clear the next person's cookie. */
  function leave(): Promise<ApiResult<null>> {
    leaving ??= api.signOut().then((answer) => {
      leaving = null
      if (hasLeft(answer)) {
        owed = false
        remember('leaving', null)
      }
      return answer
    })
    return leaving
  }

  /** Succeeds only if the living session has the typed name: a typed name is never answered with another identity. */
  async function already(name: string): Promise<NameAnswer> {
    const answer = await api.session()
    if (!answer.ok)
      return { result: 'failed', words: answer.code === 'unauthenticated' ? TRY_AGAIN : answer.words }
    const cleaned = cleanName(name)
    if ('name' in cleaned && cleaned.name === answer.value.name) return entered(answer.value)
    const who = isolated(answer.value.name)
    const words = `You are signed in as ${who} in this browser. Reload the page to go on as ${who} or to sign out.`
    return { result: 'failed', words }
  }

  async function entered(self: Self): Promise<NameAnswer> {
    await begin(self)
    tabs.tell({ type: 'self', self })
    return { result: 'ok' }
  }

  async function begin(self: Self): Promise<void> {
    remember('name', self.name)
    // Set before any screen that this makes asks for drafts: they are this person's.
    begun = (async () => (talk ?? (await talkIfAny()))?.begin(self.id))()
    store.dispatch({ type: 'selfChanged', self })
    await begun
  }

  function end(inOtherTab = false): void {
    talk?.end()
    store.dispatch({ type: 'signedOut', inOtherTab })
  }

  function refusal({ code, words, suggestion }: FailedResult): NameAnswer {
    const instead = suggestion === undefined ? {} : { suggestion }
    if (code === 'nameTaken') return { result: 'taken', ...instead }
    return code === 'nameInvalid' ? { result: 'invalid', words, ...instead } : { result: 'failed', words }
  }

  function faultOf(name: string): NameAnswer | null {
    const cleaned = cleanName(name)
    if (!('fault' in cleaned)) return null
    return { result: 'invalid', fault: cleaned.fault, words: NAME_FAULTS[cleaned.fault] }
  }

  const actions: PageActions = {
    async signIn(name, room) {
      const fault = faultOf(name)
      if (fault !== null) return fault
      if (isLeaving() && !hasLeft(await leave())) return { result: 'failed', words: STILL_LEAVING }
      const answer = await api.signIn(name, room)
      if (answer.ok) return entered(answer.value)
      return answer.code === 'signedIn' ? already(name) : refusal(answer)
    },

    async rename(name) {
      const fault = faultOf(name)
      if (fault !== null) return fault
      const answer = await api.rename(name)
      if (!answer.ok) return refusal(answer)
      remember('name', answer.value.name)
      // Another tab has signed in meanwhile: the rename went to that session.
      await actions.signedInAs(answer.value)
      tabs.tell({ type: 'self', self: answer.value })
      return { result: 'ok' }
    },

    async signOut() {
      // The cookie is the server's to take: where it cannot be reached, it is asked at the next start or sign-in.
      owed = true
      remember('leaving', 'yes')
      const wiped = (await talkIfAny())?.wipe()
      end()
      await wiped
      // S42: the next person at this device is not to read who was here.
      remember('name', null)
      await leave()
      tabs.tell({ type: 'self', self: null })
    },

    unsentCount: async () => (await talkIfAny())?.unsentCount() ?? 0,
    draftCount: async () => (await talkIfAny())?.draftCount() ?? 0,
    lastName: () => recall('name'),

    async restoreSession(nobody = false) {
      // No cookie came with this page, so there is nothing to take back either.
      if (nobody) {
        remember('leaving', null)
        return store.dispatch({ type: 'selfChanged', self: null })
      }
      for (let wait = 1_000; ; wait = Math.min(wait * 2, 30_000)) {
        // Signed out at last, one is nobody: what the page has asked beside this may have been answered before.
        const answer = await (isLeaving() ? leave() : api.session())
        if (store.get().self !== 'unknown') return
        if (answer.ok && answer.value) return begin(answer.value)
        if (hasLeft(answer)) return store.dispatch({ type: 'selfChanged', self: null })
        await new Promise<void>((resolve) => world.after(wait, resolve))
      }
    },

    async signedInAs(self) {
      const before = store.get().self
      if (self === null) {
        if (before !== null) end(true)
      } else if (before !== null && before !== 'unknown' && before.id === self.id)
        store.dispatch({ type: 'selfChanged', self })
      else {
        // Signed in as another: nothing of the one before may leave under the new name (U48).
        if (before !== null && before !== 'unknown') {
          talk?.flushTimers()
          end()
        }
        await begin(self)
      }
    },

    async chatReady() {
      await withTalk()
    },

    makeRoom: async (name) => talk?.makeRoom(name) ?? { result: 'failed', words: UNLOADED },
    loadRooms: async () => talk?.loadRooms(),
    findRooms: (text) => talk?.findRooms(text),
    flushTimers: () => talk?.flushTimers(),
    chooseSettings: (change) => talk?.chooseSettings(change),
    openRoom: (room) => talk?.openRoom(room),
    leaveRoom: (room) => talk?.leaveRoom(room),
    loadOlder: (room) => talk?.loadOlder(room),
    loadNewer: (room) => talk?.loadNewer(room),
    jumpTo: (room, seq) => talk?.jumpTo(room, seq) ?? Promise.resolve(false),
    jumpToFirstAfter: async (room, after) => talk?.jumpToFirstAfter(room, after) ?? null,
    leaveHistory: (room) => talk?.leaveHistory(room),
    showLiveEnd: (room) => talk?.showLiveEnd(room),
    loadQuotes: (room, ids) => talk?.loadQuotes(room, ids),
    loadPins: (room) => talk?.loadPins(room),
    setTopic: (room, topic) => talk?.setTopic(room, topic) ?? Promise.resolve(UNLOADED),
    send: (room, text, replyTo) => talk?.send(room, text, replyTo) ?? UNLOADED,
    edit: (room, id, text) => talk?.edit(room, id, text) ?? UNLOADED,
    remove: (room, id) => talk?.remove(room, id) ?? UNLOADED,
    react: (room, id, emoji, on) => talk?.react(room, id, emoji, on) ?? UNLOADED,
    pin: (room, id, on) => talk?.pin(room, id, on) ?? UNLOADED,
    retry: (room, key) => talk?.retry(room, key) ?? UNLOADED,
    drop: (room, key) => talk?.drop(room, key),
    typing: (room, on) => talk?.typing(room, on),
    markReadUpTo: (room, seq) => talk?.markReadUpTo(room, seq),
    allRead: (what) => talk?.allRead(what),
    reconnect: () => talk?.reconnect(),
    async draft(room) {
      await begun
      return (await talk?.draft(room)) ?? { text: '', caret: 0 }
    },
    saveDraft: (room, text, caret) => talk?.saveDraft(room, text, caret),
  }

  return actions
}
