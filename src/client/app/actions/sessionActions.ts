/** Signing in and out, and who this page is. Home needs nothing else: the chat (`chatActions.ts`) is loaded later. */
import type { Self } from '../../../shared/model.ts'
import { cleanName } from '../../../shared/names.ts'
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

export interface SessionWorld extends Pick<Timers, 'after'> {
  /** `localStorage`, or null where the browser refuses it */
  device: WebStorage | null
}

type FailedResult = Extract<ApiResult<unknown>, { ok: false }>

/** Did the server say that there is no session? */
const isSignedOut = (answer: ApiResult<unknown>) =>
  answer.ok ? answer.value === null : answer.code === 'unauthenticated'

/** What else the page may ask for, besides what a person can do. */
export interface SessionControls extends SessionActions {
  /** Asks the server whose session this is until it answers, and puts the answer into the state. `nobody`: the page itself says there is no session. */
  restoreSession(nobody?: boolean): Promise<void>
  /** Another tab of mine signed in, out, or has a new name; or the server says who I am by now. */
  signedInAs(self: Self | null): Promise<void>
  /** Loads the chat, once. Rejects if it does not load. */
  loadChat(): Promise<Chat>
  /** The chat, or null until it is loaded. */
  loadedChat(): Chat | null
}

/** @param load fetches the chat; called again only if it has failed */
export function createSessionActions(
  store: StateStore,
  api: Api,
  tabs: TabChannel,
  world: SessionWorld,
  load: () => Promise<Chat>,
): SessionControls {
  let chat: Chat | null = null
  let loading: Promise<Chat> | null = null

  /** I have signed out and the server does not know yet; also kept on the device */
  let signOutOwed = false
  let endingSession: Promise<ApiResult<null>> | null = null

  function loadChat(): Promise<Chat> {
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

  /** The same, or null if the chunk does not load: the page of a room shows that failure, not the caller. */
  const loadChatOrNull = (): Promise<Chat | null> => loadChat().catch(() => null)

  const remember = (key: string, value: string | null) => void writeItem(world.device, key, value)
  const recall = (key: string) => readItem(world.device, key) ?? ''

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
    // Called before any screen that this makes asks for drafts: they are this person's.
    const begun = chat === null ? beginWhenLoaded(self) : chat.begin(self.id)
    store.dispatch({ type: 'selfChanged', self })
    await begun
  }

  async function beginWhenLoaded(self: Self): Promise<void> {
    await loadChat().then(
      (loaded) => loaded.begin(self.id),
      () => {
        // The page of a room shows this failure when it is opened.
      },
    )
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

  const actions: SessionControls = {
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
        // After a delayed sign-out the person is nobody: an older request for the session may have been answered before it.
        const answer = await (owesSignOut() ? endSession() : api.session())
        if (store.get().self !== 'unknown') return
        if (answer.ok && answer.value) return begin(answer.value)
        if (isSignedOut(answer)) return store.dispatch({ type: 'selfChanged', self: null })
        await new Promise<void>((resolve) => world.after(wait, resolve))
      }
    },

    async signedInAs(self) {
      const before = selfOf(store.get())
      if (self === null) {
        if (store.get().self !== null) end(true)
      } else if (before?.id === self.id) store.dispatch({ type: 'selfChanged', self })
      else {
        // Signed in as another: nothing of the one before may leave under the new name (U48).
        if (before !== null) {
          chat?.flushTimers()
          end()
        }
        await begin(self)
      }
    },

    loadChat,
    loadedChat: () => chat,
  }

  return actions
}
