/** Signing in and out. Whatever needs a connection is passed on to `chatActions.ts`, which is loaded later: home does without. */
import type { Self } from '../../../shared/model.ts'
import { cleanName } from '../../../shared/names.ts'
import { isolated } from '../../ui/format.ts'
import type { ApiResult, Api } from '../../net/api.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import { forgetSavedRooms } from '../../net/savedRooms.ts'
import type { StateStore } from '../../state/store.ts'
import type { Actions } from './actions.ts'
import type { NameResult } from '../../ui/nameForm.ts'
import type { ChatActions } from './chatActions.ts'
import { errorText } from '../../words/errorText.ts'
import { words } from '../../words/words.ts'

export interface ActionsWorld {
  after(ms: number, run: () => void): () => void
  /** `localStorage`, or null where the browser refuses it */
  device: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
}

type FailedResult = Extract<ApiResult<unknown>, { ok: false }>

/** Did the server say that there is no session? */
const isSignedOut = (answer: ApiResult<unknown>) =>
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

const UNLOADED = words.errors.notLoadedYet

/** @param load fetches what needs a connection; asked again only if it has failed */
export function createActions(
  store: StateStore,
  api: Api,
  tabs: TabChannel,
  world: ActionsWorld,
  load: () => Promise<ChatActions>,
): PageActions {
  let chat: ChatActions | null = null
  let loading: Promise<ChatActions> | null = null
  /** what this device keeps for me is at hand */
  let deviceReady = Promise.resolve<void>(undefined)

  /** I have signed out and the server does not know yet; also kept on the device */
  let signOutOwed = false
  let endingSession: Promise<ApiResult<null>> | null = null

  function loadChat(): Promise<ChatActions> {
    loading ??= load().then(
      (loaded) => {
        chat = loaded
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
  const loadChatOrNull = (): Promise<ChatActions | null> => loadChat().catch(() => null)

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

  const owesSignOut = () => signOutOwed || recall('leaving') !== ''

  /** Ends my session at the server. One request at a time: a late answer would clear the next person's cookie. */
  function endSession(): Promise<ApiResult<null>> {
    endingSession ??= api.signOut().then((answer) => {
      endingSession = null
      if (isSignedOut(answer)) {
        signOutOwed = false
        remember('leaving', null)
      }
      return answer
    })
    return endingSession
  }

  /** Succeeds only if the living session has the typed name: a typed name is never answered with another identity. */
  async function confirmIdentity(name: string): Promise<NameResult> {
    const answer = await api.session()
    if (!answer.ok)
      return {
        result: 'failed',
        message: answer.code === 'unauthenticated' ? words.errors.tryAgain : errorText(answer),
      }
    const cleaned = cleanName(name)
    if ('name' in cleaned && cleaned.name === answer.value.name) return signedIn(answer.value)
    const who = isolated(answer.value.name)
    return { result: 'failed', message: words.session.signedInAs(who) }
  }

  async function signedIn(self: Self): Promise<NameResult> {
    await begin(self)
    tabs.tell({ type: 'self', self })
    return { result: 'ok' }
  }

  async function begin(self: Self): Promise<void> {
    remember('name', self.name)
    // Set before any screen that this makes asks for drafts: they are this person's.
    deviceReady = (async () => (chat ?? (await loadChatOrNull()))?.begin(self.id))()
    store.dispatch({ type: 'selfChanged', self })
    await deviceReady
  }

  function end(inOtherTab = false): void {
    chat?.end()
    store.dispatch({ type: 'signedOut', inOtherTab })
  }

  function nameResultOf(failed: FailedResult): NameResult {
    const { code, suggestion } = failed
    const text = errorText(failed)
    const instead = suggestion === undefined ? {} : { suggestion }
    if (code === 'nameTaken') return { result: 'taken', ...instead }
    return code === 'nameInvalid'
      ? { result: 'invalid', message: text, ...instead }
      : { result: 'failed', message: text }
  }

  function faultOf(name: string): NameResult | null {
    const cleaned = cleanName(name)
    if (!('fault' in cleaned)) return null
    return {
      result: 'invalid',
      fault: cleaned.fault,
      message: words.errors.reasons.nameInvalid[cleaned.fault],
    }
  }

  const actions: PageActions = {
    async signIn(name, room) {
      const fault = faultOf(name)
      if (fault !== null) return fault
      if (owesSignOut() && !isSignedOut(await endSession()))
        return { result: 'failed', message: words.session.stillSigningOut }
      const answer = await api.signIn(name, room)
      if (answer.ok) return signedIn(answer.value)
      return answer.code === 'signedIn' ? confirmIdentity(name) : nameResultOf(answer)
    },

    async rename(name) {
      const fault = faultOf(name)
      if (fault !== null) return fault
      const answer = await api.rename(name)
      if (!answer.ok) return nameResultOf(answer)
      remember('name', answer.value.name)
      // Another tab has signed in meanwhile: the rename went to that session.
      await actions.signedInAs(answer.value)
      tabs.tell({ type: 'self', self: answer.value })
      return { result: 'ok' }
    },

    async signOut() {
      // The cookie is the server's to take: where it cannot be reached, it is asked at the next start or sign-in.
      signOutOwed = true
      remember('leaving', 'yes')
      const wiped = (await loadChatOrNull())?.wipe()
      end()
      await wiped
      // S42: the next person at this device is not to read who was here.
      remember('name', null)
      forgetSavedRooms()
      await endSession()
      tabs.tell({ type: 'self', self: null })
    },

    unsentCount: async () => (await loadChatOrNull())?.unsentCount() ?? 0,
    draftCount: async () => (await loadChatOrNull())?.draftCount() ?? 0,
    lastName: () => recall('name'),

    async restoreSession(nobody = false) {
      // No cookie came with this page, so there is nothing to take back either.
      if (nobody) {
        remember('leaving', null)
        return store.dispatch({ type: 'selfChanged', self: null })
      }
      for (let wait = 1_000; ; wait = Math.min(wait * 2, 30_000)) {
        // Signed out at last, one is nobody: what the page has asked beside this may have been answered before.
        const answer = await (owesSignOut() ? endSession() : api.session())
        if (store.get().self !== 'unknown') return
        if (answer.ok && answer.value) return begin(answer.value)
        if (isSignedOut(answer)) return store.dispatch({ type: 'selfChanged', self: null })
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
          chat?.flushTimers()
          end()
        }
        await begin(self)
      }
    },

    async chatReady() {
      await loadChat()
    },

    makeRoom: async (name) => chat?.makeRoom(name) ?? { result: 'failed', message: UNLOADED },
    loadRooms: async () => chat?.loadRooms(),
    findRooms: (text) => chat?.findRooms(text),
    flushTimers: () => chat?.flushTimers(),
    chooseSettings: (change) => chat?.chooseSettings(change),
    openRoom: (room) => chat?.openRoom(room),
    leaveRoom: (room) => chat?.leaveRoom(room),
    loadOlder: (room) => chat?.loadOlder(room),
    loadNewer: (room) => chat?.loadNewer(room),
    jumpTo: (room, seq) => chat?.jumpTo(room, seq) ?? Promise.resolve(false),
    jumpToFirstAfter: async (room, after) => chat?.jumpToFirstAfter(room, after) ?? null,
    leaveHistory: (room) => chat?.leaveHistory(room),
    showLiveEnd: (room) => chat?.showLiveEnd(room),
    loadQuotes: (room, ids) => chat?.loadQuotes(room, ids),
    loadPins: (room) => chat?.loadPins(room),
    setTopic: (room, topic) => chat?.setTopic(room, topic) ?? Promise.resolve(UNLOADED),
    send: (room, text, replyTo) => chat?.send(room, text, replyTo) ?? UNLOADED,
    edit: (room, id, text) => chat?.edit(room, id, text) ?? UNLOADED,
    remove: (room, id) => chat?.remove(room, id) ?? UNLOADED,
    react: (room, id, emoji, on) => chat?.react(room, id, emoji, on) ?? UNLOADED,
    pin: (room, id, on) => chat?.pin(room, id, on) ?? UNLOADED,
    retry: (room, key) => chat?.retry(room, key) ?? UNLOADED,
    drop: (room, key) => chat?.drop(room, key),
    typing: (room, on) => chat?.typing(room, on),
    markReadUpTo: (room, seq) => chat?.markReadUpTo(room, seq),
    markAllRead: () => chat?.markAllRead(),
    undoMarkAllRead: () => chat?.undoMarkAllRead(),
    reconnect: () => chat?.reconnect(),
    async draft(room) {
      await deviceReady
      return (await chat?.draft(room)) ?? { text: '', caret: 0 }
    },
    saveDraft: (room, text, caret) => chat?.saveDraft(room, text, caret),
  }

  return actions
}
