/** Signs in and out, and knows whose page this is. Home needs only this; `chatActions.ts` is loaded later. */
import type { Self } from '../../../shared/model.ts'
import { isolated } from '../../ui/format.ts'
import type { ApiResult, Api } from '../../net/api.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import { forgetSavedRooms } from '../../net/savedRooms.ts'
import type { Timers } from '../../net/timers.ts'
import { readItem, writeItem, type WebStorage } from '../../net/webStorage.ts'
import { selfOf } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import type { NameResult } from '../../ui/nameForm.ts'
import type { SessionActions } from './actions.ts'
import type { Chat } from './chatActions.ts'
import { errorText } from '../../words/errorText.ts'
import { words } from '../../words/words.ts'

/** Did the server say that there is no session? */
const isSignedOut = (answer: ApiResult<unknown>) =>
  answer.ok ? answer.value === null : answer.code === 'unauthenticated'

/**
 * @param world `device`: `localStorage`, or null where the browser refuses it. `keepsCookies`: does the browser keep cookies?
 * @param load fetches the chat
 */
export function createSessionActions(
  store: StateStore,
  api: Api,
  tabs: TabChannel,
  world: Pick<Timers, 'after'> & { device: WebStorage | null; keepsCookies(): boolean },
  load: () => Promise<Chat>,
) {
  let chat: Chat | null = null
  let loading: Promise<Chat> | null = null
  /** I have signed out, and the server does not know yet. Also stored on the device, where another tab may set it. */
  let signOutOwed = false
  /** the room whose card is requested */
  let cardWanted: string | null = null
  let endingSession: Promise<ApiResult<null>> | null = null

  const remember = (key: string, value: string | null) => void writeItem(world.device, key, value)

  /** Loads the chat once. Rejects if it does not load; then the next call tries again. */
  function loadChat(): Promise<Chat> {
    if (loading === null) {
      loading = load().then((loaded) => (chat = loaded))
      loading.catch(() => (loading = null))
    }
    return loading
  }

  /** Null if the chunk does not load: the page of a room shows that failure, not the caller. */
  const loadChatOrNull = (): Promise<Chat | null> => loadChat().catch(() => null)

  const owesSignOut = () => signOutOwed || readItem(world.device, 'leaving') !== null

  function setOwesSignOut(owes: boolean): void {
    signOutOwed = owes
    remember('leaving', owes ? 'yes' : null)
  }

  /** Ends my session at the server. One request at a time: a late answer would clear the next person's cookie. */
  function endSession(): Promise<ApiResult<null>> {
    endingSession ??= api.signOut().then((answer) => {
      endingSession = null
      if (isSignedOut(answer)) setOwesSignOut(false)
      return answer
    })
    return endingSession
  }

  /** The browser has a session already. It continues only if its name was typed: nobody enters under a name they did not type. */
  async function confirmIdentity(name: string): Promise<NameResult> {
    const answer = await api.session()
    if (!answer.ok) {
      const message = answer.code === 'unauthenticated' ? words.errors.tryAgain : errorText(answer)
      return { result: 'failed', message }
    }
    const typed = name.normalize('NFC').trim().replace(/\s+/g, ' ')
    if (typed === answer.value.name) return finishSignIn(answer.value)
    return { result: 'failed', message: words.session.signedInAs(isolated(answer.value.name)) }
  }

  async function finishSignIn(self: Self): Promise<NameResult> {
    await begin(self)
    tabs.tell({ type: 'self', self })
    return { result: 'ok' }
  }

  async function begin(self: Self): Promise<void> {
    remember('name', self.name)
    // Begun before the state changes: the screen made by that change asks for drafts, which must be this person's.
    const begun =
      chat === null ? loadChatOrNull().then((loaded) => loaded?.begin(self.id)) : chat.begin(self.id)
    store.dispatch({ type: 'selfChanged', self })
    await begun
  }

  function end(inOtherTab = false): void {
    chat?.end()
    store.dispatch({ type: 'signedOut', inOtherTab })
  }

  /** Another tab signed in, signed out or renamed me, or the server has another person for this page's cookie. */
  async function adoptSelf(self: Self | null): Promise<void> {
    const before = selfOf(store.get())
    if (self === null) {
      if (store.get().self !== null) end(true)
    } else if (before?.id === self.id) store.dispatch({ type: 'selfChanged', self })
    else {
      // Messages of the previous person must not be sent under the new name (U48).
      if (before !== null) {
        chat?.flushTimers()
        end()
      }
      await begin(self)
    }
  }

  function nameResultOf(answer: Extract<ApiResult<unknown>, { ok: false }>): NameResult {
    const { code, suggestion } = answer
    const instead = suggestion === undefined ? {} : { suggestion }
    if (code === 'nameTaken') return { result: 'taken', ...instead }
    const message = errorText(answer)
    return code === 'nameInvalid' ? { result: 'invalid', message, ...instead } : { result: 'failed', message }
  }

  const actions: SessionActions = {
    async signIn(name, room) {
      // Without its cookie the new guest would be lost at once, and the name with it.
      if (!world.keepsCookies()) return { result: 'failed', message: words.session.cookiesBlocked }
      if (owesSignOut() && !isSignedOut(await endSession()))
        return { result: 'failed', message: words.session.stillSigningOut }
      const answer = await api.signIn(name, room)
      if (answer.ok) return finishSignIn(answer.value)
      return answer.code === 'signedIn' ? confirmIdentity(name) : nameResultOf(answer)
    },

    async rename(name) {
      const answer = await api.rename(name)
      if (!answer.ok) return nameResultOf(answer)
      remember('name', answer.value.name)
      // If another tab has signed in meanwhile, the rename went to that session.
      await adoptSelf(answer.value)
      tabs.tell({ type: 'self', self: answer.value })
      return { result: 'ok' }
    },

    async signOut() {
      // Only the server can clear the cookie. If it is out of reach, the next start or sign-in asks again.
      setOwesSignOut(true)
      const wiped = (await loadChatOrNull())?.wipe()
      end()
      await wiped
      // The next person at this device must not see who was here (S42).
      remember('name', null)
      forgetSavedRooms()
      await endSession()
      tabs.tell({ type: 'self', self: null })
    },

    async loadRoomCard(room) {
      if (cardWanted === room) return
      cardWanted = room
      const answer = await api.roomCard(room)
      if (cardWanted !== room) return
      cardWanted = null
      if (answer.ok) store.dispatch({ type: 'roomCardLoaded', room, card: answer.value })
      else if (answer.code === 'noRoom') store.dispatch({ type: 'roomCardLoaded', room, card: null })
    },

    unsent: async () => (await loadChatOrNull())?.unsent() ?? { messages: 0, drafts: 0 },
    lastName: () => readItem(world.device, 'name') ?? '',
  }

  return {
    ...actions,
    loadChat,
    /** The chat, or null until it is loaded. */
    loadedChat: () => chat,
    adoptSelf,
    /**
     * Asks the server whose session this is until it answers, and puts the answer into the state.
     * @param hasNone the page was delivered without a session cookie: there is nothing to ask
     */
    async restoreSession(hasNone = false): Promise<void> {
      if (hasNone) {
        setOwesSignOut(false)
        return store.dispatch({ type: 'selfChanged', self: null })
      }
      for (let wait = 1_000; ; wait = Math.min(wait * 2, 30_000)) {
        // A delayed sign-out comes first: otherwise the server would answer with the session that is to end.
        const answer = await (owesSignOut() ? endSession() : api.session())
        if (store.get().self !== 'unknown') return
        if (answer.ok && answer.value) return begin(answer.value)
        if (isSignedOut(answer)) return store.dispatch({ type: 'selfChanged', self: null })
        await new Promise<void>((resolve) => world.after(wait, resolve))
      }
    },
  }
}
