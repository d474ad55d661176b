import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { eventually } from '../eventually.ts'

/** Bun's WebSocket, which may set any header, with everything it has received. */
export interface SocketClient {
  readonly heard: ServerFrame[]
  /** how it ended; undefined while it is open */
  readonly closed: { code: number; reason: string } | undefined
  send(frame: unknown): void
  /** sends text or bytes as they are */
  raw(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  /** the first frame that fits, at `from` or later in `heard`; waits for it */
  hears<T extends ServerFrame['type']>(
    type: T,
    fits?: (frame: Extract<ServerFrame, { type: T }>) => boolean,
    from?: number,
  ): Promise<Extract<ServerFrame, { type: T }>>
  ends(ms?: number): Promise<{ code: number; reason: string }>
}

/** Opens a socket. Resolves once it is open, or has ended without opening. */
export async function openSocket(
  url: string,
  headers: Record<string, string> = {},
  tls?: { rejectUnauthorized: boolean },
): Promise<SocketClient> {
  // Bun's WebSocket takes headers and TLS options, the DOM's type does not.
  const socket = new WebSocket(url, { headers, ...(tls && { tls }) } as unknown as string[])
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
