import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { eventually } from '../eventually.ts'

export type SocketClient = Awaited<ReturnType<typeof openSocket>>

/** Bun's WebSocket, which may set any header. Resolves once it is open, or has ended without opening. */
export async function openSocket(
  url: string,
  headers: Record<string, string> = {},
  tls?: { rejectUnauthorized: boolean },
) {
  // Bun's WebSocket takes headers and TLS options, the DOM's type does not.
  const socket = new WebSocket(url, { headers, ...(tls && { tls }) } as unknown as string[])
  const heard: ServerFrame[] = []
  let closed: { code: number; reason: string } | undefined
  socket.onmessage = ({ data }) => heard.push(JSON.parse(String(data)) as ServerFrame)
  socket.onclose = ({ code, reason }) => (closed = { code, reason })
  await eventually('the socket opens or ends', () => socket.readyState !== WebSocket.CONNECTING)
  return {
    heard,
    /** how it ended; undefined while it is open */
    get closed() {
      return closed
    },
    send: (frame: unknown) => socket.send(JSON.stringify(frame)),
    /** sends text or bytes as they are */
    raw: (data: string | Uint8Array<ArrayBuffer>) => socket.send(data),
    close: (code?: number) => socket.close(code),
    /** waits for the first frame that fits, at `from` or later in `heard` */
    hears: <T extends ServerFrame['type']>(
      type: T,
      fits: (frame: Extract<ServerFrame, { type: T }>) => boolean = () => true,
      from = 0,
    ): Promise<Extract<ServerFrame, { type: T }>> =>
      eventually(`a frame "${type}"`, () =>
        heard
          .slice(from)
          .filter((frame): frame is Extract<ServerFrame, { type: T }> => frame.type === type)
          .find(fits),
      ),
    ends: (ms?: number) => eventually('the end of the socket', () => closed, ms),
  }
}
