import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { eventually } from '../eventually.ts'

/** A socket that keeps what it hears. Bun's WebSocket, as a program has it: it may set any header. */
export interface SocketClient {
  readonly heard: ServerFrame[]
  /** how it ended, undefined while it lives */
  readonly closed: { code: number; reason: string } | undefined
  send(frame: unknown): void
  /** as it stands: text or bytes */
  raw(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  /** the first frame heard from `from` on that fits, also one that came earlier */
  hears<T extends ServerFrame['type']>(
    type: T,
    fits?: (frame: Extract<ServerFrame, { type: T }>) => boolean,
    from?: number,
  ): Promise<Extract<ServerFrame, { type: T }>>
  ends(ms?: number): Promise<{ code: number; reason: string }>
}

/** Opens a socket. Resolves once it is open, or has ended without ever being it. */
export async function openSocket(url: string, headers: Record<string, string> = {}): Promise<SocketClient> {
  // Bun's own; the DOM's type has no headers
  const socket = new WebSocket(url, { headers } as unknown as string[])
  const heard: ServerFrame[] = []
  let closed: { code: number; reason: string } | undefined
  socket.onmessage = ({ data }) => heard.push(JSON.parse(String(data)) as ServerFrame)
  socket.onclose = ({ code, reason }) => {
    closed = { code, reason }
  }
  await eventually('the socket opens or ends', () => socket.readyState !== WebSocket.CONNECTING)
  const client: SocketClient = {
    heard,
    get closed() {
      return closed
    },
    send: (frame) => socket.send(JSON.stringify(frame)),
    raw: (data) => socket.send(data),
    close: (code) => socket.close(code),
    hears: (type, fits = () => true, from = 0) =>
      eventually(`a frame "${type}"`, () =>
        heard
          .slice(from)
          .filter((frame): frame is Extract<ServerFrame, { type: typeof type }> => frame.type === type)
          .find(fits),
      ),
    ends: (ms) => eventually('the end of the socket', () => closed, ms),
  }
  return client
}
