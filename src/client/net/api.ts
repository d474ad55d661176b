/** The server over HTTP. Nothing here throws or rejects: a failure is a value, which `words/errorText.ts` puts in words. */
import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import type { HistoryPage, RoomCard, RoomEntry, Self } from '../../shared/model.ts'

/** `code` 'offline': no answer, or none that this client understands. */
export type ApiResult<T> =
  { ok: true; value: T } | ({ ok: false; code: ErrorCode | 'offline' } & ErrorDetails)

/** ms until a request is given up */
const TIMEOUT = 10_000

export interface Api {
  /** Who I am; fails with 'unauthenticated' if nobody is signed in. */
  session(): Promise<ApiResult<Self>>
  /** @param room also makes me a member of it; without one, of the lobby */
  signIn(name: string, room?: string): Promise<ApiResult<Self>>
  rename(name: string): Promise<ApiResult<Self>>
  signOut(): Promise<ApiResult<null>>
  /** My rooms and the most crowded of the others; `text`: those whose name contains it. `more`: some were left out. */
  rooms(text?: string): Promise<ApiResult<{ rooms: RoomEntry[]; more: boolean }>>
  /** A public room, also without a session. */
  roomCard(room: string): Promise<ApiResult<RoomCard>>
  makeRoom(name: string): Promise<ApiResult<RoomEntry>>
  /** Messages of a stretch of the log, newest last. `query`: `before=5`, `around=5`, `ids=…`, `pinned=true` (protocol §5). */
  messages(room: string, query: string): Promise<ApiResult<HistoryPage>>
  setTopic(room: string, topic: string): Promise<ApiResult<RoomEntry>>
}

/** @param fetcher `fetch`; tests outside a page pass one that knows the server's address */
/** Marks of direction that a copied name brings along: this page itself sets them around names. The server refuses them. */
const AROUND_NAMES = /^[\s\u061c\u200e\u200f\u2066-\u2069]+|[\s\u061c\u200e\u200f\u2066-\u2069]+$/g
const bare = (name: string) => name.replace(AROUND_NAMES, '')

export function createApi(fetcher: (path: string, init: RequestInit) => Promise<Response>): Api {
  async function ask<T>(method: string, path: string, body?: object): Promise<ApiResult<T>> {
    try {
      const response = await fetcher(path, {
        method,
        signal: AbortSignal.timeout(TIMEOUT),
        headers: method === 'GET' ? {} : { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (response.status === 204) return { ok: true, value: null as T }
      const answer = (await response.json()) as { error?: { code?: ErrorCode } & ErrorDetails }
      if (response.ok) return { ok: true, value: answer as T }
      const { code, reason, suggestion, after } = answer.error ?? {}
      return {
        ok: false,
        code: code ?? 'offline',
        ...(reason !== undefined && { reason }),
        ...(suggestion !== undefined && { suggestion }),
        ...(after !== undefined && { after }),
      }
    } catch {
      // No network, no answer in time, or no JSON: to the person all of them are the same.
      return { ok: false, code: 'offline' }
    }
  }

  async function askForSelf(method: string, body?: object): Promise<ApiResult<Self>> {
    const answer = await ask<{ user: Self }>(method, '/api/session', body)
    return answer.ok ? { ok: true, value: answer.value.user } : answer
  }

  return {
    session: () => askForSelf('GET'),
    signIn: (name, room) => askForSelf('POST', { name: bare(name), room }),
    rename: (name) => askForSelf('PATCH', { name: bare(name) }),
    signOut: () => ask('DELETE', '/api/session'),
    rooms: (text) => ask('GET', `/api/rooms${text === undefined ? '' : `?q=${encodeURIComponent(text)}`}`),
    roomCard: (room) => ask('GET', `/api/rooms/${room}`),
    makeRoom: (name) => ask('POST', '/api/rooms', { name: bare(name) }),
    messages: (room, query) => ask('GET', `/api/rooms/${room}/messages?limit=50&${query}`),
    setTopic: (room, topic) => ask('PATCH', `/api/rooms/${room}`, { topic }),
  }
}
