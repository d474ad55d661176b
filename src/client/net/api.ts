/** The server over HTTP. Nothing here throws or rejects: what fails is a value, which `words/errorText.ts` puts in words. */
import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import type { HistoryPage, RoomEntry, Self } from '../../shared/model.ts'

/** `code` 'offline': no answer, or none that this client understands. */
export type ApiResult<T> =
  { ok: true; value: T } | ({ ok: false; code: ErrorCode | 'offline' } & ErrorDetails)

/** ms until a request is given up */
const PATIENCE = 10_000

const UNREACHED = { ok: false, code: 'offline' } as const

async function pick<T>(
  asked: Promise<ApiResult<unknown>>,
  from: (value: unknown) => T,
): Promise<ApiResult<T>> {
  const answer = await asked
  return answer.ok ? { ok: true, value: from(answer.value) } : answer
}

const user = (value: unknown) => (value as { user: Self }).user

export interface Api {
  /** who I am; 'unauthenticated' if nobody */
  session(): Promise<ApiResult<Self>>
  /** @param room also makes me a member of it; without one, of the lobby */
  signIn(name: string, room?: string): Promise<ApiResult<Self>>
  rename(name: string): Promise<ApiResult<Self>>
  signOut(): Promise<ApiResult<null>>
  /** My rooms and those of others with most people; `text`: those whose name holds it. `more`: there are others. */
  rooms(text?: string): Promise<ApiResult<{ rooms: RoomEntry[]; more: boolean }>>
  makeRoom(name: string): Promise<ApiResult<RoomEntry>>
  /** Messages of a stretch of the log, newest last. `query`: `before=5`, `around=5`, `ids=…`, `pinned=true` (protocol §5). */
  messages(room: string, query: string): Promise<ApiResult<HistoryPage>>
  setTopic(room: string, topic: string): Promise<ApiResult<RoomEntry>>
}

/** @param fetcher `fetch`, or what stands for it where paths have no page to belong to */
export function createApi(fetcher: (path: string, init: RequestInit) => Promise<Response>): Api {
  async function ask(method: string, path: string, body?: unknown): Promise<ApiResult<unknown>> {
    try {
      const response = await fetcher(path, {
        method,
        signal: AbortSignal.timeout(PATIENCE),
        headers: method === 'GET' ? {} : { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (response.status === 204) return { ok: true, value: null }
      const answer = (await response.json()) as {
        error?: { code?: ErrorCode; message?: string } & ErrorDetails
      }
      if (response.ok) return { ok: true, value: answer }
      const { code, message, reason, suggestion, after } = answer.error ?? {}
      if (code === undefined || message === undefined) return UNREACHED
      return {
        ok: false,
        code,
        ...(reason !== undefined && { reason }),
        ...(suggestion !== undefined && { suggestion }),
        ...(after !== undefined && { after }),
      }
    } catch {
      // No network, no time, or no JSON: to the person all of it is the same.
      return UNREACHED
    }
  }

  return {
    session: () => pick(ask('GET', '/api/session'), user),
    signIn: (name, room) => pick(ask('POST', '/api/session', { name, room }), user),
    rename: (name) => pick(ask('PATCH', '/api/session', { name }), user),
    signOut: () => pick(ask('DELETE', '/api/session'), () => null),
    rooms: (text) =>
      pick(
        ask('GET', text === undefined ? '/api/rooms' : `/api/rooms?q=${encodeURIComponent(text)}`),
        (value) => value as { rooms: RoomEntry[]; more: boolean },
      ),
    makeRoom: (name) => pick(ask('POST', '/api/rooms', { name }), (value) => value as RoomEntry),
    messages: (room, query) =>
      pick(ask('GET', `/api/rooms/${room}/messages?limit=50&${query}`), (value) => value as HistoryPage),
    setTopic: (room, topic) =>
      pick(ask('PATCH', `/api/rooms/${room}`, { topic }), (value) => value as RoomEntry),
  }
}
