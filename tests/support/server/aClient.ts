import { after, timers } from '../../../src/client/app/browser.ts'
import { createSessionActions } from '../../../src/client/app/actions/sessionActions.ts'
import { createApi } from '../../../src/client/net/api.ts'
import type { Wire } from '../../../src/client/net/socket.ts'
import { aWebStorage, memoryDevice } from '../client/fakeStorage.ts'
import type { SessionTabMessage } from '../../../src/client/net/tabChannel.ts'
import { keepSettings } from '../../../src/client/app/keepSettings.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { RoomState } from '../../../src/client/state/state.ts'
import { createSync } from '../../../src/client/app/sync/sync.ts'
import { createChatActions } from '../../../src/client/app/actions/chatActions.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { cookieOf } from '../client/anApp.ts'
import { eventually } from '../eventually.ts'

/** A browser profile: one cookie, `localStorage` and IndexedDB. */
export function aBrowser() {
  return { cookie: '', keepsCookies: true, device: aWebStorage().storage, storage: memoryDevice() }
}

export type Browser = ReturnType<typeof aBrowser>

/** The client without its screens, wired as the page wires it, at a real server. Call `end` afterwards. */
export function aClient(origin: string, browser: Browser = aBrowser()) {
  const page = new AbortController()
  const store = createStore(reduce)
  const sent: ClientFrame[] = []
  const heard: ServerFrame[] = []
  const told: SessionTabMessage[] = []
  const requests: string[] = []
  /** `swallow`: lose this frame of the server? `cut`: end the connection after this frame? `away`: there is no network. */
  const faults = { swallow: (_frame: ServerFrame) => false, cut: (_frame: ClientFrame) => false, away: false }
  let nonces = 0
  let wire: WebSocket | null = null

  function open(): Wire {
    if (faults.away) throw new TypeError('no network')
    const headers = { cookie: browser.cookie, origin }
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws?v=2`, { headers } as unknown as string[])
    wire = socket
    const ours: Wire = {
      onopen: null,
      onmessage: null,
      onclose: null,
      close: () => socket.close(),
      send(text) {
        const frame = JSON.parse(text) as ClientFrame
        sent.push(frame)
        socket.send(text)
        if (faults.cut(frame)) it.lose()
      },
    }
    socket.onopen = () => ours.onopen?.(undefined as never)
    socket.onclose = ({ code }) => ours.onclose?.({ code })
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as ServerFrame
      if (faults.swallow(frame)) return
      heard.push(frame)
      ours.onmessage?.({ data })
    }
    return ours
  }

  async function fetcher(path: string, init: RequestInit): Promise<Response> {
    if (faults.away) throw new TypeError('no network')
    requests.push(`${init.method} ${path}`)
    const headers = { ...(init.headers as Record<string, string>), origin, cookie: browser.cookie }
    const answer = await fetch(origin + path, { ...init, headers })
    if (answer.headers.has('set-cookie')) browser.cookie = cookieOf(answer)
    return answer
  }

  const api = createApi(fetcher)
  const sync = createSync(
    store,
    {
      ...timers,
      random: () => 0.1,
      nonce: () => `${Math.random().toString(36).slice(2, 10)}-${(nonces += 1)}`,
      draw: (run) => void setTimeout(run, 8),
      activity: () => 'active',
      open,
      isHidden: () => false,
      api,
      signedInAs: (self) => void session.adoptSelf(self),
      storage: browser.storage,
      localStorage: null,
      tab: 'tab',
      unsavedChanged() {},
    },
    page.signal,
  )
  const settings = keepSettings(
    store,
    { device: browser.device, onStorageEvent: () => {}, applyTheme: () => {} },
    page.signal,
  )
  const tabs = { tell: (message: SessionTabMessage) => void told.push(message) }
  const chat = createChatActions(store, sync, api, tabs, { ...timers, settings }, page.signal)
  const session = createSessionActions(
    store,
    api,
    tabs,
    { after, device: browser.device, keepsCookies: () => browser.keepsCookies },
    async () => chat,
  )
  // As on a page at a room's address, which loads the chat before its first screen.
  void session.loadChat()
  const actions = { ...chat, ...session }

  const it = {
    browser,
    actions,
    store,
    sync,
    sent,
    heard,
    told,
    requests,
    faults,
    room(room = 'lobby'): RoomState {
      const state = store.get().rooms[room]
      if (state === undefined) throw new TypeError(`${room} is not open`)
      return state
    },
    /** The texts drawn in a room; those without a seq stand in brackets. */
    texts: (room = 'lobby') =>
      it.room(room).rows.map(({ text, seq }) => (seq === null ? `(${text})` : (text ?? 'gone'))),
    /** Signs in, and resolves once the lobby is live. */
    async enter(name: string) {
      const answer = await actions.signIn(name)
      if (answer.result !== 'ok') throw new Error(`${name} did not get in: ${answer.result}`)
      actions.openRoom('lobby')
      await it.isLive()
      return it
    },
    isLive: (room = 'lobby') => eventually(`${room} is live`, () => it.room(room).sync.state === 'live'),
    shows: (texts: readonly string[], room = 'lobby') =>
      eventually(
        `${room} shows ${texts.length} messages`,
        () => it.texts(room).join('\n') === texts.join('\n'),
      ),
    /** The connection ends without a close. */
    lose: () => (wire as { terminate?(): void } | null)?.terminate?.(),
    end() {
      page.abort()
      sync.socket.stop()
      sync.outbox.stop()
    },
  }
  return it
}
