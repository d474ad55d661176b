/** A socket by hand that says hello, for clients that do not read or flood. */
import { eventually } from '../../support/eventually.ts'
import { clientFrame, rawSocket, serverFrames, type RawSocket } from '../../support/server/rawSocket.ts'
import type { RoomPosition } from './line.ts'

const TEXT = 1

export const textFrame = (payload: string) => clientFrame(0x80 | TEXT, payload)

export async function rawClient(
  port: number,
  cookie: string,
  rooms: readonly RoomPosition[],
): Promise<RawSocket> {
  const socket = await rawSocket(port, { Cookie: cookie })
  socket.write(textFrame(JSON.stringify({ type: 'hello', rooms, state: 'active' })))
  return socket
}

/** A client that is live in the lobby. */
export async function rawClientInLobby(port: number, cookie: string): Promise<RawSocket> {
  const socket = await rawClient(port, cookie, [{ room: 'lobby', seq: 0, id: null }])
  await eventually('the lobby', () => socket.text().includes('"more":false'), 10_000)
  return socket
}

/** The texts the server has sent so far. */
export function textsOf(socket: RawSocket): string[] {
  return serverFrames(socket.bytes())
    .filter(({ opcode }) => opcode === TEXT)
    .map(({ payload }) => payload.toString())
}
