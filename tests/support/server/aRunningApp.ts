import { afterAll } from 'bun:test'
import type { User } from '../../../src/shared/model.ts'
import { anApp } from '../client/anApp.ts'
import { clientFrame, HANDSHAKE, type RawSocket, rawSocket } from './rawSocket.ts'
import { eventually } from '../eventually.ts'

const running: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(running.map((app) => app.stop())))

export const HELLO = { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' }

/** The header of a request that comes from an address through one proxy: for an app with `trustProxy: 1`. */
export const from = (address: string) => ({ 'x-forwarded-for': address })

interface ErrorBody {
  code: string
  message: string
  reason?: string
  suggestion?: string
  after?: number
}
export const errorOf = async (answer: Response) => ((await answer.json()) as { error: ErrorBody }).error

/** Messages of one person that are not stored yet, with the texts `text 1` and on; their nonces are in no order. */
export function drafts({ id: userId, name }: User, count: number, { room = 'lobby', text = '' } = {}) {
  const prefix = Buffer.from([name.charCodeAt(0), room.charCodeAt(0)]).toString('hex')
  return Array.from({ length: count }, (_, at) => ({
    kind: 'message' as const,
    room,
    id: `018bcfe5-6800-7000-8000-${prefix}${String(at + 1).padStart(8, '0')}`,
    at,
    user: { id: userId, name },
    nonce: `nonce-${prefix}-${at}`,
    text: text || `text ${at + 1}`,
  }))
}

/** How many of these statuses are `status`. */
export const count = (statuses: readonly number[], status: number) =>
  statuses.filter((seen) => seen === status).length

/** Makes `times` requests at once. @returns their statuses */
export const statusesOf = (times: number, ask: (at: number) => Promise<Response>) =>
  Promise.all(
    Array.from({ length: times }, async (_, at) => {
      const answer = await ask(at)
      await answer.body?.cancel()
      return answer.status
    }),
  )

/** Opens a guest's socket byte by byte, past `hello` and live in a room. */
export async function rawGuest(port: number, cookie: string, room = 'lobby'): Promise<RawSocket> {
  const socket = await rawSocket(port, { Cookie: cookie, Origin: `http://localhost:${port}` })
  const hello = { ...HELLO, rooms: [{ room, seq: 0, id: null }] }
  socket.write(clientFrame(0x81, JSON.stringify(hello)))
  await eventually('the room', () => socket.text().includes('"more":false'))
  return socket
}

/** An app that stops after the file's tests, and requests to it as its own page makes them. */
export async function aRunningApp(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  running.push(app)
  const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(app.origin + path, {
      method,
      headers: { origin: app.origin, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return {
    ...app,
    send,
    get: (path: string, headers: Record<string, string> = {}) => fetch(app.origin + path, { headers }),
    signUp: (name: string, headers?: Record<string, string>) =>
      send('POST', '/api/session', { name }, headers),
    handshake: (headers: Record<string, string> = {}) =>
      fetch(app.ws.replace('ws:', 'http:'), { headers: { ...HANDSHAKE, origin: app.origin, ...headers } }),
  }
}

/** An app with Ada and Bob, both with a session. */
export async function aLobby(options: Parameters<typeof anApp>[0] = {}) {
  const app = await aRunningApp(options)
  const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
  return { ...app, ada, bob }
}
